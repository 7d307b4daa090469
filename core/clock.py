"""The business clock: real time, or a faster one for demonstrations and tests.

Only entry points read it; commands are handed `now`. All processes of one installation agree,
since the clock is a function of real time and two settings; where its speed changes while they
run, of a file that they all share.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from core.environment import environment


PROCESS_START = time.time()
LEAD_SECONDS = 0.25
"""Real seconds before a new speed holds: by then nobody can still be reckoning with the old."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that runs `speed` times as fast since `origin` (Unix seconds)."""

    speed: float
    origin: float
    ahead: float = 0.0
    """Seconds by which business time was ahead of real time at `origin`."""

    def at(self, real: float) -> float:
        """Business time at a real time, both in Unix seconds."""
        if self.speed == 1.0:
            return real + self.ahead
        return self.origin + self.ahead + (real - self.origin) * self.speed

    def now(self) -> datetime:
        """Business time now, in UTC."""
        return datetime.fromtimestamp(self.at(time.time()), UTC)

    def technical(self, seconds: float) -> timedelta:
        """Business duration of `seconds` of real time: leases and retries of machines."""
        return timedelta(seconds=seconds * self.speed)

    def real_seconds(self, duration: timedelta) -> float:
        """Real seconds until `duration` of business time has passed."""
        return duration.total_seconds() / self.speed


def clock() -> Clock:
    """Return the installation's clock."""
    env = environment()
    if env.clock_file is not None:
        return clock_in(env.clock_file)
    return Clock(speed=env.clock_speed, origin=env.clock_origin or PROCESS_START)


def now() -> datetime:
    """Business time now; for entry points only."""
    return clock().now()


def real_now() -> datetime:
    """Real time now, whatever the business clock does: for leases of machines."""
    return datetime.fromtimestamp(time.time(), UTC)


def start_clock(file: Path, clock: Clock) -> None:
    """Let everybody who reads `file` go by `clock`."""
    _write(file, [clock])


def change_speed(file: Path, speed: float) -> None:
    """Let the clock in `file` run at `speed` from now on; business time makes no jump.

    The new speed holds after `LEAD_SECONDS`. Until then it is only known, so that all processes
    change at the same moment and none sees time go back.
    """
    current = clock_in(file)
    origin = time.time() + LEAD_SECONDS
    _write(file, [current, Clock(speed, origin, current.at(origin) - origin)])


def clock_in(file: Path) -> Clock:
    """Return the clock that holds now, of those in `file`."""
    state = file.stat()
    clocks = _read(file, state.st_mtime_ns, state.st_ino)
    real = time.time()
    return next((each for each in reversed(clocks) if each.origin <= real), clocks[0])


@lru_cache(maxsize=1)
def _read(file: Path, _changed_at: int, _number: int) -> list[Clock]:
    return [Clock(**each) for each in json.loads(file.read_text())]


def _write(file: Path, clocks: list[Clock]) -> None:
    beside = file.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps([asdict(each) for each in clocks]))
    beside.replace(file)
