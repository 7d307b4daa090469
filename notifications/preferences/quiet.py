"""Wall clocks: when quiet hours hold and end, and when a clock next shows a time. Pure.

Clocks are turned. A time that a clock skips is taken as the moment at which it jumps; of a time
that it shows twice, quiet hours begin at the first and end at the second: in doubt it is quiet.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo


DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
SECOND: Final = timedelta(seconds=1)
DAYS_AROUND: Final = range(-2, 3)
"""A span that began the day before yesterday may last until now where a zone skipped a day."""
MOST_HOPS: Final = 8
"""Spans that end within one another; more than these leave no loud moment in a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietSpan:
    """Quiet each day from `starts_at` until `ends_at`; one not later lies on the next day."""

    starts_at: time
    ends_at: time
    zone: ZoneInfo


def quiet_until(spans: Collection[QuietSpan], now: datetime) -> datetime | None:
    """Return when it stops being quiet, if it is quiet at `now`.

    Spans that leave no moment of a day are answered with a moment that is quiet, too.
    """
    moment = now
    for _ in range(MOST_HOPS):
        ends = [end for span in spans if (end := _end_of(span, moment)) is not None]
        if not ends:
            break
        moment = max(ends)
    return moment if moment > now else None


def _end_of(span: QuietSpan, now: datetime) -> datetime | None:
    """Return the end of the day's span that holds `now`, if one does."""
    over_midnight = DAY if span.ends_at <= span.starts_at else timedelta()
    ends = []
    for day in _days_around(now, span.zone):
        start, _ = moments_of(datetime.combine(day, span.starts_at), span.zone)
        _, end = moments_of(datetime.combine(day + over_midnight, span.ends_at), span.zone)
        if start <= now < end:
            ends.append(end)
    return max(ends, default=None)


def next_time(at: time, zone: ZoneInfo, *, after: datetime) -> datetime:
    """Return the first moment after `after` at which the clock shows `at`, once a day.

    A day that the zone skipped has none.
    """
    days = _days_around(after, zone)
    coming = [(day, moments_of(datetime.combine(day, at), zone)[0]) for day in days]
    return min(
        moment
        for day, moment in coming
        if moment > after and moment.astimezone(zone).date() == day
    )


def next_hour(zone: ZoneInfo, *, after: datetime) -> datetime:
    """Return the next moment at which the clock's minutes are full."""
    local = after.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return after + HOUR - past


def moments_of(local: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first and the last moment (UTC) at which the clock shows `local`."""
    first, last = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= last:
        return first, last
    jump = _jump_between(last, first, zone)
    return jump, jump


def _jump_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the second at which the clock was put forward, of the two moments around it."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + SECOND * ((after - before) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _days_around(now: datetime, zone: ZoneInfo) -> list[date]:
    today = now.astimezone(zone).date()
    return [today + DAY * days for days in DAYS_AROUND]
