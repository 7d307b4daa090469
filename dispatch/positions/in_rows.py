"""Last positions in the couriers' own rows: what the embedded default has, and Redis' net."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.models import Q

from core.merchants.distance import Box
from dispatch.models import CourierShift
from dispatch.positions.reports import Fix


MOST_FOUND: Final = 300


class RowPositions:
    """The columns of the shifts."""

    is_apart = False

    def put(self, courier_id: UUID, fix: Fix) -> bool:
        """Keep a fix unless a newer one is known; whether it was kept."""
        older = Q(position_at__isnull=True) | Q(position_at__lt=fix.at)
        rows = CourierShift.objects.filter(older, pk=courier_id)
        return bool(rows.update(**columns_of(fix)))

    def get(self, courier_ids: Iterable[UUID]) -> dict[UUID, Fix]:
        """Return the last fixes of those of whom one is known."""
        rows = CourierShift.objects.filter(pk__in=list(courier_ids))
        return {row.pk: fix for row in rows if (fix := fix_of(row)) is not None}

    def inside(self, box: Box) -> set[UUID]:
        """Return couriers whose last fix is in the box."""
        rows = CourierShift.objects.filter(within(box)).order_by("-position_at")
        return set(rows.values_list("pk", flat=True)[:MOST_FOUND])

    def forget(self, courier_id: UUID) -> None:
        """Nothing is kept but the rows."""


def within(box: Box) -> Q:
    """Rows whose place is in the box."""
    return Q(latitude__range=(box.south, box.north), longitude__range=(box.west, box.east))


def columns_of(fix: Fix) -> dict[str, object]:
    """What a shift says of its courier's place."""
    return {
        "latitude": fix.latitude,
        "longitude": fix.longitude,
        "accuracy_metres": fix.accuracy_metres,
        "position_at": fix.at,
        "last_seen_at": fix.seen_at,
    }


def fix_of(shift: CourierShift) -> Fix | None:
    """Return the place that the row holds, if any."""
    if shift.latitude is None or shift.longitude is None or shift.position_at is None:
        return None
    return Fix(
        latitude=shift.latitude,
        longitude=shift.longitude,
        accuracy_metres=shift.accuracy_metres,
        at=shift.position_at,
        seen_at=shift.last_seen_at or shift.position_at,
    )
