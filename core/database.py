"""What the two databases do differently, in one place: snapshots and repeated transactions."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import OperationalError, connection


DEADLOCK_CODES = frozenset({1205, 1213, 1020})
"""MariaDB: lock wait timeout, deadlock victim, record changed since last read."""
ATTEMPTS = 5


@contextmanager
def read_snapshot() -> Iterator[None]:
    """Read several tables as of one moment, without taking a write lock.

    MariaDB: a REPEATABLE READ consistent snapshot. SQLite (WAL): a deferred read transaction.
    Inside an open transaction it is that transaction's own view.
    """
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        else:
            cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("COMMIT")


def is_transient(error: OperationalError) -> bool:
    """Whether the same transaction may succeed when run again from its start."""
    code = error.args[0] if error.args else None
    return code in DEADLOCK_CODES or "locked" in str(error)


T = TypeVar("T")


def run_repeatedly(function: Callable[[], T]) -> T:
    """Run a whole transaction, again if the database chose it as a deadlock victim."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return function()
        except OperationalError as error:
            if connection.in_atomic_block or not is_transient(error):
                raise
            time.sleep(random.uniform(0.5, 1.5) * 0.01 * 2**attempt)  # noqa: S311  no secret
    return function()
