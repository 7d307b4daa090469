"""When a queue is so deep, or so lonely, that a person must look after it: pure decisions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


UNSERVED_SECONDS: Final = 30.0
"""How long what is due may wait while nobody takes its queue: a restart is no alarm."""
CALM_SHARE: Final = 0.5
"""An alarm ends below this share of what began it, so that it does not come and go."""


class Cause(StrEnum):
    """Why operators are alarmed."""

    UNSERVED = "unserved"  # no sender takes the queue
    LATE = "late"  # senders take it, and do not keep up


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How a queue stands: what is due in it and unclaimed, and how many senders take it."""

    queue: str
    due_count: int = 0
    """At most `notifications.watch.queries.COUNT_LIMIT`."""
    oldest_seconds: float = 0.0
    """Real seconds since the longest waiting has been due."""
    server_count: int = 0


def cause_of(depth: Depth, *, late_seconds: float | None) -> Cause | None:
    """Say why an alarm must be raised, if one must; without `late_seconds` never for lateness."""
    if not depth.server_count and depth.due_count:
        return Cause.UNSERVED if depth.oldest_seconds >= UNSERVED_SECONDS else None
    if late_seconds is not None and depth.oldest_seconds >= late_seconds:
        return Cause.LATE
    return None


def is_calm(depth: Depth, *, late_seconds: float | None) -> bool:
    """Say whether an alarm may end."""
    if not depth.server_count and depth.due_count:
        return False
    return late_seconds is None or depth.oldest_seconds < late_seconds * CALM_SHARE
