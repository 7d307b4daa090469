"""The operators' console: what zones look like now, in as many statements for one as for all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q

from core.deadlines.models import Deadline
from core.events.streams import encode
from core.legs.models import DeliveryLeg
from core.merchants.distance import box_around, metres_between
from core.merchants.models import Merchant, Zone
from core.orders.models import Order
from core.presence.queries import count_shops_present, get_ailing_boards, get_lost_boards
from dispatch.models import CourierShift
from dispatch.positions.queries import around, put_in_place
from dispatch.states import ShiftState


SOON: Final = timedelta(seconds=60)
ROWS_SHOWN: Final = 20
"""Of each list of a zone; its count tells of the rest."""


@dataclass(frozen=True, slots=True)
class ZoneFrames:
    """What the watchers of a zone are shown: the newest frame of each key."""

    epoch: str
    topic: str
    picture: dict[str, Any]
    positions: dict[str, str] = field(default_factory=dict)
    """`pos` frames by their key."""

    @property
    def snap(self) -> str:
        """The picture as a frame; its one row replaces the one before."""
        row = {"key": self.topic, "ver": 1, "d": self.picture}
        head = {"t": "snap", "topic": self.topic, "epoch": self.epoch, "seq": 0, "part": 1}
        return encode({**head, "last": True, "rows": [row]})


def get_zone_frames(
    zone_ids: Sequence[UUID], *, epoch: str, now: datetime, at: datetime
) -> dict[str, dict[str, str]]:
    """Frames of each zone's topic by key; `now` is business time, `at` real time."""
    zones = {
        zone_id: ZoneFrames(epoch, f"zone:{zone_id}", _empty_picture()) for zone_id in zone_ids
    }
    _add_orders(zones)
    _add_legs(zones)
    _add_deadlines(zones, now=now)
    _add_boards(zones, now=now, at=at)
    _add_couriers(zones)
    return {zone.topic: {zone.topic: zone.snap, **zone.positions} for zone in zones.values()}


Zones = dict[UUID, ZoneFrames]


def _empty_picture() -> dict[str, Any]:
    return {
        "open": True,
        "ended_at": None,
        "orders": {},
        "legs": {},
        "flagged": 0,
        "deadlines": [],
        "boards": {"present": 0, "lost_count": 0, "lost": [], "ailing_count": 0, "ailing": []},
        "couriers": {"online": 0, "busy": 0},
    }


def _add_orders(zones: Zones) -> None:
    """Live orders by state, and how many of them ask for a person."""
    rows = Order.objects.filter(merchant__zone__in=zones, ended_at__isnull=True)
    counted = rows.values_list("merchant__zone", "state", "is_flagged").order_by("state")
    for zone_id, state, is_flagged, count in counted.annotate(Count("pk")):
        picture = zones[zone_id].picture
        picture["orders"][state] = picture["orders"].get(state, 0) + count
        picture["flagged"] += count if is_flagged else 0


def _add_legs(zones: Zones) -> None:
    rows = DeliveryLeg.objects.filter(order__merchant__zone__in=zones, ended_at__isnull=True)
    counted = rows.values_list("order__merchant__zone", "state").order_by("state")
    for zone_id, state, count in counted.annotate(Count("pk")):
        zones[zone_id].picture["legs"][state] = count


def _add_deadlines(zones: Zones, *, now: datetime) -> None:
    """What is about to break, soonest first."""
    live = Order.objects.filter(merchant__zone__in=zones, ended_at__isnull=True)
    due = Deadline.objects.filter(due_at__lte=now + SOON, subject__in=live.values("pk"))
    rows = list(due.order_by("due_at")[: ROWS_SHOWN * len(zones)])
    orders = live.in_bulk({row.subject for row in rows}) if rows else {}
    shops = {order.merchant_id for order in orders.values()}
    zone_of = (
        dict(Merchant.objects.filter(pk__in=shops).values_list("pk", "zone")) if shops else {}
    )
    for row in rows:
        if (order := orders.get(row.subject)) is not None:
            _list(
                zones[zone_of[order.merchant_id]].picture["deadlines"],
                {
                    "kind": row.kind,
                    "order": order.pk,
                    "number": order.number,
                    "merchant": order.merchant_id,
                    "due_at": row.due_at,
                },
            )


def _add_boards(zones: Zones, *, now: datetime, at: datetime) -> None:
    """Shops whose people would hear an alert, and those where nobody would."""
    shops = Merchant.objects.filter(zone__in=zones)
    for zone_id, count in count_shops_present(shops, at=at).items():
        zones[zone_id].picture["boards"]["present"] = count
    for shop, lost_at in get_lost_boards(shops, at=at, now=now):
        _add_shop(zones, shop, "lost", seen_at=lost_at)
    for shop, complaints in get_ailing_boards(shops, at=at):
        _add_shop(zones, shop, "ailing", why=complaints)


def _add_shop(zones: Zones, shop: Merchant, name: str, **members: Any) -> None:
    boards = zones[shop.zone_id].picture["boards"]
    boards[f"{name}_count"] += 1
    _list(boards[name], {"merchant": shop.pk, "name": shop.name, **members})


def _add_couriers(zones: Zones) -> None:
    """Couriers on line within each zone's circle, and where they are."""
    circles = Zone.objects.in_bulk(list(zones))
    rows = CourierShift.objects.filter(_near(circles.values()), state=ShiftState.ONLINE)
    for shift in put_in_place(rows):
        for zone_id, circle in circles.items():
            if _is_inside(shift, circle):
                zone = zones[zone_id]
                couriers = zone.picture["couriers"]
                couriers["online"] += 1
                couriers["busy"] += 1 if shift.active_count else 0
                zone.positions[f"{zone.topic} {shift.pk}"] = _position(zone.topic, shift)


def _near(circles: Iterable[Zone]) -> Q:
    """Within the box around any of the circles; nowhere without one."""
    near = Q(pk__in=())
    for circle in circles:
        near |= around(box_around(circle.latitude, circle.longitude, circle.radius_metres))
    return near


def _is_inside(shift: CourierShift, circle: Zone) -> bool:
    if shift.latitude is None or shift.longitude is None:
        return False
    away = metres_between(shift.latitude, shift.longitude, circle.latitude, circle.longitude)
    return away <= circle.radius_metres


def _position(topic: str, shift: CourierShift) -> str:
    return encode(
        {
            "t": "pos",
            "topic": topic,
            "courier": shift.pk,
            "lat": shift.latitude,
            "lng": shift.longitude,
            "at": shift.position_at,
        }
    )


def _list(rows: list[Any], row: dict[str, Any]) -> None:
    if len(rows) < ROWS_SHOWN:
        rows.append(row)
