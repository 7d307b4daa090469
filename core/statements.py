"""Carrying out statements whose text is known, the shortest way the database offers.

Values are given as Python has them. MariaDB's connection writes them into the text itself (see
`core.direct_mysql`); elsewhere, and while somebody counts or wraps statements, Django's cursor
takes them.
"""

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections


class Said(NamedTuple):
    """What a statement brought: its rows, how many it changed, the number it gave."""

    rows: Sequence[Sequence[Any]]
    changed: int
    number: int


_thread = threading.local()


def database() -> Any:
    """Return this thread's connection; Django's own look-up takes as long as a short query."""
    try:
        return _thread.database
    except AttributeError:
        # The connection itself: the proxy would look it up again for every attribute.
        _thread.database = connections[DEFAULT_DB_ALIAS]
        return _thread.database


def execute(text: bytes, values: Sequence[Any]) -> Said:
    """Carry out a statement with `%s` where its values stand."""
    used = database()
    if used.vendor == "mysql" and not used.force_debug_cursor and not used.execute_wrappers:
        said: Said = used.say(text, values)
        return said
    with used.cursor() as cursor:
        cursor.execute(text.decode(), [adapted(value, used) for value in values])
        rows = cursor.fetchall() if cursor.description else ()
        return Said(rows, cursor.rowcount, cursor.lastrowid or 0)


def adapted(value: Any, used: Any) -> Any:
    """Return the value as its column's field would hand it to Django's cursor."""
    if isinstance(value, UUID):
        return value if used.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return used.ops.adapt_datetimefield_value(value)
    return value
