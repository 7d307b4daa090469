"""Whether a shop takes orders, why not, and when it does again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.merchants.hours import Span, is_within, next_opening
from core.merchants.models import Merchant, OpeningHours, PauseCause


class Why(StrEnum):
    """Why a shop takes no orders."""

    CLOSED = "closed"  # its people have closed it
    PAUSED = "paused"  # it takes a rest, and resumes by itself
    UNREACHABLE = "unreachable"  # nobody there would hear an order come
    OUTSIDE_HOURS = "outside_hours"  # it opens again by its hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether a shop takes orders; `why` not, and from when it does, if that is known."""

    why: Why | None = None
    again_at: datetime | None = None

    @property
    def is_taking(self) -> bool:
        """Whether an order is taken."""
        return self.why is None


TAKING = Availability()


def get_availability(
    merchant: Merchant, now: datetime, *, hours: Iterable[OpeningHours] | None = None
) -> Availability:
    """Return how the shop's switch, its pause and its opening hours stand at `now`.

    `hours` are the shop's, when the caller has them at hand.
    """
    if not merchant.is_open:
        return Availability(why=Why.CLOSED)
    spans = _spans(merchant, hours)
    paused_until = merchant.paused_until
    if paused_until is not None and now < paused_until:
        if merchant.pause_cause == PauseCause.NO_BOARD:
            return Availability(why=Why.UNREACHABLE)
        return Availability(why=Why.PAUSED, again_at=_open_from(merchant, spans, paused_until))
    if is_within(spans, _local(merchant, now)):
        return TAKING
    return Availability(why=Why.OUTSIDE_HOURS, again_at=_open_from(merchant, spans, now))


def get_next_opening(
    merchant: Merchant, now: datetime, *, hours: Iterable[OpeningHours] | None = None
) -> datetime | None:
    """When the shop's hours next begin after `now`; null for a shop without hours."""
    local = next_opening(_spans(merchant, hours), _local(merchant, now))
    return local.astimezone(UTC) if local is not None else None


def _open_from(merchant: Merchant, spans: tuple[Span, ...], moment: datetime) -> datetime | None:
    """Return the first moment from `moment` on that lies in the shop's hours."""
    local = _local(merchant, moment)
    if is_within(spans, local):
        return moment
    opening = next_opening(spans, local)
    return opening.astimezone(UTC) if opening is not None else None


def _spans(merchant: Merchant, hours: Iterable[OpeningHours] | None) -> tuple[Span, ...]:
    rows = merchant.opening_hours.all() if hours is None else hours
    return tuple(Span(row.weekday, row.opens_at, row.closes_at) for row in rows)


def _local(merchant: Merchant, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(merchant.zone.time_zone))
