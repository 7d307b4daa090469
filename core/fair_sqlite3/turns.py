"""Turns at one thing, first come first served.

SQLite lets whoever asks at the right moment write next, and the others sleep up to 100 ms
between asking: a loop that writes again at once can keep them waiting for its whole timeout.
"""

import threading
from collections import deque
from typing import Final


class Turns:
    """A lock that is handed over in the order in which it was asked for, to any thread."""

    def __init__(self) -> None:
        """Belong to nobody."""
        self._guard: Final = threading.Lock()
        self._waiting: Final[deque[threading.Event]] = deque()
        self._is_taken = False

    def take(self, *, seconds: float) -> bool:
        """Wait for the turn; false when it did not come in time."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(seconds):
            return True
        with self._guard:
            if mine.is_set():  # it came between the two lines above
                return True
            self._waiting.remove(mine)
        return False

    def give(self) -> None:
        """End the turn."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
