"""Telling idle couriers where orders are expected: a hint, seldom, and never an order."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from core.database import run_repeatedly
from core.events.catalogue import COURIER_HINTED
from core.events.facts import SYSTEM
from core.events.work import unit_of_work
from dispatch.locks import lock_shifts
from dispatch.matching import Suggestion
from dispatch.models import CourierShift
from dispatch.shifts import record_change
from dispatch.zones.leases import Lease, fence
from dispatch.zones.picture import Picture


PAUSE: Final = timedelta(minutes=5)
"""Nobody hears of a place sooner than this after the last time."""
HOLDS: Final = timedelta(minutes=10)
"""How long a hint is worth following; the same place is not named again meanwhile."""


def give_hints(
    lease: Lease, suggestions: Iterable[Suggestion], picture: Picture, *, now: datetime
) -> None:
    """Show each courier the place, unless they have just been told.

    :raises LeaseLost: another process has taken the zone.
    """
    for each in suggestions:
        if _is_news(picture.shifts[each.courier_id], each.shop, now):
            run_repeatedly(partial(_give, lease, each, picture, now=now))


def _is_news(shift: CourierShift, shop: str, now: datetime) -> bool:
    if shift.hint is None or shift.hinted_at is None:
        return True
    same = shift.hint["merchant_id"] == shop
    return now - shift.hinted_at >= (HOLDS if same else PAUSE)


def _give(lease: Lease, suggestion: Suggestion, picture: Picture, *, now: datetime) -> None:
    with unit_of_work(now=now, actor=SYSTEM) as work:
        courier_id = UUID(suggestion.courier_id)
        shift = lock_shifts([courier_id]).get(courier_id)
        if shift is None or not shift.is_online or shift.active_count:
            return
        if not _is_news(shift, suggestion.shop, now):
            return
        shift.give_hint(_hint(suggestion.shop, picture, until=now + HOLDS), now=now)
        shift.save()
        record_change(COURIER_HINTED, shift, work, merchant_id=suggestion.shop)
        fence(lease)


def _hint(shop: str, picture: Picture, *, until: datetime) -> dict[str, object]:
    """Shape of the hint in the courier's view: which shop, where, and how long it counts."""
    latitude, longitude = next(each.at for each in picture.zone.demand if each.shop == shop)
    return {
        "merchant_id": shop,
        "name": picture.moment.habits.names[shop],
        "latitude": latitude,
        "longitude": longitude,
        "until": until.isoformat(),
    }
