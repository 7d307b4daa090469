"""What couriers were promised for what they delivered: each courier's, and each zone's."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from dispatch.policy import BY_SHOP


def get_courier_pay(courier_id: UUID, *, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Fees and bonuses of the courier's deliveries that ended in the span, by currency."""
    return _sums(_delivered(since, until).filter(courier=courier_id))


def get_zone_pay(zone_id: UUID, *, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Fees and bonuses of the zone's deliveries that ended in the span, by currency."""
    return _sums(_delivered(since, until).filter(order__merchant__zone=zone_id))


def _delivered(since: datetime, until: datetime) -> QuerySet[DeliveryLeg]:
    """Deliveries by couriers; who carries for a shop is the shop's matter."""
    rows = DeliveryLeg.objects.filter(
        state=LegState.DELIVERED, ended_at__gte=since, ended_at__lt=until
    )
    return rows.exclude(assignment_reason__mode=BY_SHOP)


def _sums(rows: QuerySet[DeliveryLeg]) -> list[dict[str, Any]]:
    summed = rows.values(currency=F("order__currency")).annotate(
        delivered_count=Count("pk"),
        bonus_count=Count("pk", filter=Q(bonus_minor__gt=0)),
        fee_minor=Sum("fee_minor"),
        bonus_minor=Sum("bonus_minor"),
    )
    return [dict(row) for row in summed.order_by("currency")]
