"""Lets the loops of a process sleep on while nobody writes to its SQLite file.

Loops are woken by the bell and look by themselves now and then, as it may be lost: an embedded
process has half a dozen of them, and every look of each would find nothing for hours. SQLite
counts what other connections have committed, in any process, and tells the number for a few
microseconds. So one thread watches it for all: it wakes those that rest when the number has
changed, and meanwhile their looks may be further apart. What falls due by time alone they must
ask for themselves. A database server has no such number; there every loop looks at its own pace.
"""

import math
import threading
import time
from typing import Final

from django.db import connection


WATCH_SECONDS: Final = 0.5
"""Real seconds between two looks of the watching thread: nobody learns of a change later than by
looks of their own."""
FRESH_SECONDS: Final = 2.0
"""How long after its last look the thread is still believed to watch."""
REST_SECONDS: Final = 5.0
"""Real seconds between two looks of a loop for which somebody watches."""


class Quiet:
    """What the watching thread of this process has seen."""

    def __init__(self) -> None:
        """Nobody watches yet."""
        self._version: int | None = None
        self._looked_at = -math.inf
        self._resting: list[threading.Event] = []
        self.change_count = 0
        """Looks that found something new, for who does not want to be woken."""

    def wakes(self, woken: threading.Event) -> threading.Event:
        """Set the event, too, when somebody writes: it is that of a loop that rests."""
        self._resting.append(woken)
        return woken

    def watch(self) -> bool:
        """Wake who rests if others have committed since the last look; say whether they may have.

        Always from the same thread: what its own connection commits does not count.
        """
        if connection.vendor != "sqlite":
            return True
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            (version,) = cursor.fetchone()
        is_changed = bool(version != self._version)
        self._version = version
        self._looked_at = time.monotonic()
        if is_changed:
            self._wake()
        return is_changed

    def leave(self) -> None:
        """Watch no more; whoever rests is woken."""
        self._version, self._looked_at = None, -math.inf
        self._wake()

    def rest_seconds(self, poll_seconds: float) -> float:
        """How long a loop may wait for its waker, if it would look every `poll_seconds`."""
        is_watched = time.monotonic() - self._looked_at < FRESH_SECONDS
        return max(poll_seconds, REST_SECONDS) if is_watched else poll_seconds

    def _wake(self) -> None:
        self.change_count += 1
        for woken in tuple(self._resting):
            woken.set()


quiet: Final = Quiet()
