"""Who may come in now: a token bucket for handshakes that tells the others when to come back.

After a restart every client comes at once. Those above the rate are turned away before anything
was read for them, each with a time of its own: a place in the line that the bucket works off.
"""

import math
import random
import time
from collections.abc import Callable
from typing import Final


LEAST_RETRY_SECONDS: Final = 0.5
MOST_RETRY_SECONDS: Final = 60.0
"""Nobody is sent away for longer; beyond that the line is spread anew when they ask again."""
AWAY_SECONDS: Final = (1.0, 5.0)
"""When to ask again at a process that is leaving: another one answers, or the next has begun."""


class Admission:
    """Lets `burst` in at once and `per_second` after that."""

    def __init__(
        self,
        *,
        per_second: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Start with a full bucket; `clock` counts seconds and never goes back."""
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._chance = chance
        self._tokens = float(burst)
        self._filled_at = clock()
        self._line_ends = 0.0
        self.is_closed = False
        """Whether the process is leaving and lets nobody in."""
        self.admitted_count = 0
        self.refused_count = 0

    def ask(self) -> int | None:
        """Let one more in: None. Or refuse: in how many milliseconds to ask again."""
        if not self.is_closed and self._take():
            self.admitted_count += 1
            return None
        return self.turn_away()

    def turn_away(self) -> int:
        """Count a refusal and return in how many milliseconds to ask again."""
        self.refused_count += 1
        seconds = self._chance(*AWAY_SECONDS) if self.is_closed else self._place_in_line()
        return math.ceil(seconds * 1000)

    def _take(self) -> bool:
        now = self._clock()
        earned = (now - self._filled_at) * self._per_second
        self._tokens = min(self._burst, self._tokens + earned)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _place_in_line(self) -> float:
        """Seconds until the bucket has a token for one more behind those it has sent away."""
        now = self._clock()
        self._line_ends = max(self._line_ends, now + LEAST_RETRY_SECONDS) + 1 / self._per_second
        seconds = self._line_ends - now
        if seconds <= MOST_RETRY_SECONDS:
            return seconds
        return self._chance(MOST_RETRY_SECONDS / 2, MOST_RETRY_SECONDS)
