"""Whether what a device says about its place can be believed; plain values, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.errors import Invalid
from core.merchants.distance import metres_between


OLDEST: Final = timedelta(hours=1)
"""What a tunnel, a lift or an empty battery may keep back."""
LEAST_ACCURATE_METRES: Final = 5_000.0
"""A place known no better than this is none: the device has guessed by its address."""
FASTEST_METRES_PER_SECOND: Final = 60.0
"""216 km/h: nobody delivers faster, and a false place is forgotten as time passes."""
LEEWAY_METRES: Final = 200.0
"""Satellite positions between houses jump that far by themselves."""


class PositionTooOld(Invalid):
    """The report was on its way for too long."""

    code = "position_too_old"
    title = "The position is too old to be of use."


class PositionInaccurate(Invalid):
    """The device does not know where it is."""

    code = "position_inaccurate"
    title = "The position is too inaccurate to be of use."


class PositionImpossible(Invalid):
    """Nobody moves that fast; `metres` and `seconds` say how far in what time."""

    code = "position_impossible"
    title = "Nobody gets from the last position to this one in that time."


class Ignored(StrEnum):
    """Why a believable report changes nothing."""

    TOO_SOON = "too_soon"  # devices are heard once a second
    OUT_OF_ORDER = "out_of_order"  # a later one is known, or this very one


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a device was; `at` by its own clock."""

    latitude: float
    longitude: float
    accuracy_metres: float | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A position that is believed."""

    latitude: float
    longitude: float
    accuracy_metres: float | None
    at: datetime
    """When the courier was there, by the device's clock, never in our future."""
    seen_at: datetime
    """When we heard of it."""


def judge(
    report: Position, last: Fix | None, *, now: datetime, pause: timedelta, may_jump: bool = False
) -> Fix | Ignored:
    """Return what to believe from now on, or why nothing changes.

    `pause` is the least time between two reports that are heard.

    :raises PositionTooOld: it was on its way for more than an hour.
    :raises PositionInaccurate: it is known to no better than five kilometres.
    :raises PositionImpossible: nobody can have got there since the last one.
    """
    at = min(report.at or now, now)
    if last is not None and at <= last.at:
        return Ignored.OUT_OF_ORDER
    if last is not None and now - last.seen_at < pause:
        return Ignored.TOO_SOON
    if now - at > OLDEST:
        raise PositionTooOld(f"it is {round((now - at).total_seconds())} s old")
    if (report.accuracy_metres or 0.0) > LEAST_ACCURATE_METRES:
        raise PositionInaccurate(f"it may be {report.accuracy_metres:.0f} m off")
    if last is not None and not may_jump:
        _require_possible(report, last, at)
    return Fix(
        latitude=report.latitude,
        longitude=report.longitude,
        accuracy_metres=report.accuracy_metres,
        at=at,
        seen_at=now,
    )


def _require_possible(report: Position, last: Fix, at: datetime) -> None:
    metres = metres_between(last.latitude, last.longitude, report.latitude, report.longitude)
    seconds = (at - last.at).total_seconds()
    off = (report.accuracy_metres or 0.0) + (last.accuracy_metres or 0.0)
    if metres > FASTEST_METRES_PER_SECOND * seconds + LEEWAY_METRES + off:
        raise PositionImpossible(
            f"{metres:.0f} m in {seconds:.1f} s", metres=round(metres), seconds=round(seconds, 1)
        )
