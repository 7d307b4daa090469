"""Weekly opening spans in local time, those past midnight included."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta


DAYS = 7


@dataclass(frozen=True, slots=True)
class Span:
    """Open from `opens_at` on `weekday` (0 is Monday) until the next `closes_at`.

    `closes_at` not later than `opens_at` lies on the next day.
    """

    weekday: int
    opens_at: time
    closes_at: time

    def holds(self, local: datetime) -> bool:
        """Whether the shop's own clock stands inside the span; the closing moment is outside."""
        today, moment = local.weekday(), local.time()
        if self.opens_at < self.closes_at:
            return today == self.weekday and self.opens_at <= moment < self.closes_at
        if today == self.weekday:
            return moment >= self.opens_at
        return today == (self.weekday + 1) % DAYS and moment < self.closes_at


def is_within(spans: Iterable[Span], local: datetime) -> bool:
    """Whether any span holds `local`; no spans at all means always open."""
    known = tuple(spans)
    return not known or any(span.holds(local) for span in known)


def next_opening(spans: Iterable[Span], local: datetime) -> datetime | None:
    """Return when, after `local`, a span begins next; null where the hours know none."""
    known = tuple(spans)
    for days in range(DAYS + 1):
        day = (local + timedelta(days=days)).date()
        begins = sorted(
            datetime.combine(day, span.opens_at, tzinfo=local.tzinfo)
            for span in known
            if span.weekday == day.weekday()
        )
        for moment in begins:
            if moment > local:
                return moment
    return None
