"""Spares a service that fails, and those who would wait for it."""

import threading
import time
from typing import Final


FAILURES: Final = 3
"""In a row, after which nobody asks for a while."""
PAUSE_SECONDS: Final = 30.0
"""Real seconds until one call may try again."""


class Breaker:
    """Closed while all is well; open after failures in a row; then lets one trial through."""

    def __init__(self, *, failures: int = FAILURES, pause_seconds: float = PAUSE_SECONDS) -> None:
        """Be closed."""
        self._failures = failures
        self._pause_seconds = pause_seconds
        self._failed_count = 0
        self._closed_from = 0.0
        self._lock = threading.Lock()

    def may_ask(self) -> bool:
        """Whether to call now; who is let through while it is open is the trial."""
        with self._lock:
            now = time.monotonic()
            if self._failed_count < self._failures:
                return True
            if now < self._closed_from:
                return False
            self._closed_from = now + self._pause_seconds
            return True

    def succeeded(self) -> None:
        """All is well."""
        with self._lock:
            self._failed_count = 0

    def failed(self) -> None:
        """A call failed."""
        with self._lock:
            self._failed_count += 1
            self._closed_from = time.monotonic() + self._pause_seconds

    @property
    def is_open(self) -> bool:
        """Whether the service is being spared."""
        return self._failed_count >= self._failures
