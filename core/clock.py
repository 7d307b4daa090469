"""The business clock: real time, or a faster one for demonstrations and tests.

Only entry points read it; commands are handed `now`. All processes of one installation agree,
since the clock is a function of real time and two settings.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.environment import environment


PROCESS_START = time.time()


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that stood at real time at `origin` (Unix seconds), `speed` times as fast."""

    speed: float
    origin: float

    def now(self) -> datetime:
        """Business time now, in UTC."""
        real = time.time()
        if self.speed == 1.0:
            return datetime.fromtimestamp(real, UTC)
        return datetime.fromtimestamp(self.origin + (real - self.origin) * self.speed, UTC)

    def technical(self, seconds: float) -> timedelta:
        """Business duration of `seconds` of real time: leases and retries of machines."""
        return timedelta(seconds=seconds * self.speed)

    def real_seconds(self, duration: timedelta) -> float:
        """Real seconds until `duration` of business time has passed."""
        return duration.total_seconds() / self.speed


def clock() -> Clock:
    """Return the installation's clock."""
    env = environment()
    return Clock(speed=env.clock_speed, origin=env.clock_origin or PROCESS_START)


def now() -> datetime:
    """Business time now; for entry points only."""
    return clock().now()


def real_now() -> datetime:
    """Real time now, whatever the business clock does: for leases of machines."""
    return datetime.fromtimestamp(time.time(), UTC)
