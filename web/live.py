"""Parts of the operators' overview that the desk draws: couriers, shops that rest, boards."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q

from core.api.overview import overview_part
from core.clock import real_now
from core.merchants.models import Merchant, Zone
from core.presence.queries import get_ailing_boards, get_lost_boards
from dispatch.models import CourierShift
from dispatch.policy import Matching
from dispatch.states import ShiftState
from dispatch.zones.leases import shared_now
from dispatch.zones.models import STANDARD


SHOWN = 200
ZONES_SHOWN = 500


@overview_part("couriers")
def couriers_online(now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001  a part of the overview
    """Who takes offers, where they were last, and how many jobs they have."""
    shifts = CourierShift.objects.filter(state=ShiftState.ONLINE).select_related("person")
    return [
        {
            "id": shift.pk,
            "name": shift.person.name,
            "latitude": shift.latitude,
            "longitude": shift.longitude,
            "active_count": shift.active_count,
            "position_at": shift.position_at,
        }
        for shift in shifts.order_by("person__name", "pk")[:SHOWN]
    ]


@overview_part("paused")
def resting_shops(now: datetime) -> list[dict[str, Any]]:
    """Shops that paused or closed themselves."""
    shops = Merchant.objects.filter(Q(is_open=False) | Q(paused_until__gt=now))
    return [
        {
            "id": shop.pk,
            "name": shop.name,
            "paused_until": shop.paused_until if shop.is_open else None,
            "cause": shop.pause_cause,
        }
        for shop in shops.order_by("name")[:SHOWN]
    ]


@overview_part("boards")
def boards_in_trouble(now: datetime) -> list[dict[str, Any]]:
    """Open shops where nobody would hear an alert, and why."""
    at, shops = real_now(), Merchant.objects.all()
    lost = [
        {"id": shop.pk, "name": shop.name, "why": ["lost"]}
        for shop, _ in get_lost_boards(shops, at=at, now=now)
    ]
    ailing = [
        {"id": shop.pk, "name": shop.name, "why": list(why)}
        for shop, why in get_ailing_boards(shops, at=at)
    ]
    return (lost + ailing)[:SHOWN]


@overview_part("zones")
def zones_and_plans(now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001  a part of the overview
    """How each zone chooses couriers, whether a dispatcher has it, and when it was planned."""
    # What hangs on a zone may be missing.
    rows: Iterable[tuple[Any, ...]] = Zone.objects.order_by("name", "pk").values_list(
        "pk",
        "name",
        "dispatch_settings__matching",
        "dispatch_lease__until",
        "dispatch_plan__planned_at",
    )[:ZONES_SHOWN]
    at = shared_now()
    return [
        {
            "id": pk,
            "name": name,
            "matching": matching or STANDARD.matching,
            "is_owned": until is not None and until > at,
            "planned_at": planned_at if matching == Matching.OPTIMISE else None,
        }
        for pk, name, matching, until, planned_at in rows
    ]
