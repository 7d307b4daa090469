"""The time that all nodes of an installation agree on, however wrong their own clocks are.

It is the database's, which they share: asked for once a minute, and counted on from there by a
clock that nobody sets.
"""

import time
from datetime import UTC
from typing import Final

from core.statements import database, execute


KEPT_SECONDS: Final = 60.0

MARIADB: Final = b"SELECT UTC_TIMESTAMP(6)"
SQLITE: Final = b"SELECT (julianday('now') - 2440587.5) * 86400"
"""Unix time; the constant is the Julian day of its beginning."""


class SharedTime:
    """Unix time as the database tells it."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._ahead = 0.0
        self._asked_at: float | None = None

    def now(self) -> float:
        """Unix time in seconds; wrong by no more than half of what the database took to answer.

        :raises django.db.DatabaseError: when it is due to be asked and does not answer.
        """
        before = time.monotonic()
        if self._asked_at is None or before - self._asked_at > KEPT_SECONDS:
            told = _ask()
            after = time.monotonic()
            self._ahead, self._asked_at = told - (before + after) / 2, after
        return time.monotonic() + self._ahead


def _ask() -> float:
    is_mariadb = database().vendor == "mysql"
    [[told]] = execute(MARIADB if is_mariadb else SQLITE, ()).rows
    return float(told.replace(tzinfo=UTC).timestamp() if is_mariadb else told)


shared_time: Final = SharedTime()
"""This process's reading of it."""
