"""Parts of the operators' overview that the desk draws: couriers on line, shops that rest."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from core.api.overview import overview_part
from core.merchants.models import Merchant
from dispatch.models import CourierShift
from dispatch.states import ShiftState


SHOWN = 200


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
        }
        for shop in shops.order_by("name")[:SHOWN]
    ]
