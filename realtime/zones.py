"""The operators' console: what a zone looks like now, once a second for those who watch."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count

from core.deadlines.models import Deadline
from core.events.streams import encode
from core.legs.models import DeliveryLeg
from core.orders.models import Order


SOON: Final = timedelta(seconds=60)
DEADLINES_SHOWN: Final = 20


def get_zone_frames(zone_ids: Sequence[UUID], *, epoch: str, now: datetime) -> dict[str, str]:
    """The `snap` frame of each zone's topic; its one row replaces the one before."""
    frames = {}
    for zone_id in zone_ids:
        topic = f"zone:{zone_id}"
        row = {"key": topic, "ver": 1, "d": get_zone_picture(zone_id, now=now)}
        head = {"t": "snap", "topic": topic, "epoch": epoch, "seq": 0, "part": 1, "last": True}
        frames[topic] = encode({**head, "rows": [row]})
    return frames


def get_zone_picture(zone_id: UUID, *, now: datetime) -> dict[str, Any]:
    """Open orders and legs by state, and the deadlines that are about to break."""
    open_orders = Order.objects.filter(merchant__zone=zone_id, ended_at__isnull=True)
    order_ids = list(open_orders.values_list("pk", flat=True))
    legs = DeliveryLeg.objects.filter(order__merchant__zone=zone_id, ended_at__isnull=True)
    due = Deadline.objects.filter(subject__in=order_ids, due_at__lte=now + SOON)
    return {
        "open": True,
        "ended_at": None,
        "orders": _counts(open_orders),
        "legs": _counts(legs),
        "flagged": open_orders.filter(is_flagged=True).count(),
        "deadlines": [
            {"kind": row.kind, "order": row.subject, "due_at": row.due_at}
            for row in due.order_by("due_at")[:DEADLINES_SHOWN]
        ],
    }


def _counts(rows: Any) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for state, count in rows.values_list("state").annotate(count=Count("pk")).order_by("state"):
        counted[state] = count
    return dict(counted)
