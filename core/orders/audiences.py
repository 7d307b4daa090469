"""Who sees an order change, and what a newcomer to each topic sees of orders and legs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core.events.audiences import audience, snapshot_source
from core.events.catalogue import DELIVERY_PROOF_CAPTURED
from core.events.facts import Fact, Row
from core.events.work import current_work
from core.legs.models import DeliveryLeg
from core.legs.views import courier_view, lost_view
from core.orders.models import Order
from core.orders.moments import iso
from core.orders.pictures import Picture, get_pictures, get_settled_picture
from core.orders.policy import TIMINGS
from core.orders.views import order_view, tracking_view


@audience("order")
def order_audience(fact: Fact) -> Sequence[Row]:
    """Tracking page, board, and the courier who carries it."""
    picture, rows = _drawn(fact.subject.id)
    return rows if picture.leg is None else [*rows, *_courier_rows(picture, picture.leg)]


@audience("leg")
def leg_audience(fact: Fact) -> Sequence[Row]:
    """As for the order; a courier who lost the leg gets it closed, once."""
    if fact.type is DELIVERY_PROOF_CAPTURED:
        return ()
    picture, rows = _drawn(UUID(fact.data["order_id"]))
    leg = picture.leg
    if leg is None:
        return rows
    rows = [*rows, *_courier_rows(picture, leg)]
    lost_by = fact.data.get("lost_by")
    if lost_by is not None and lost_by != str(leg.courier_id):
        view = lost_view(picture, leg, at=iso(fact.occurred_at))
        rows.append(_row(f"courier:{lost_by}", f"leg:{leg.pk}", picture, view))
    return rows


@snapshot_source("order")
def order_rows(order_id: UUID, _now: datetime) -> Sequence[Row]:
    """The one order."""
    return [_tracking_row(picture) for picture in get_pictures([order_id]).values()]


@snapshot_source("merchant")
def board_rows(merchant_id: UUID, now: datetime) -> Sequence[Row]:
    """Every order that waits for or binds the shop, and those that ended a short while ago."""
    orders = Order.objects.filter(merchant_id=merchant_id, placed_at__isnull=False)
    live = orders.filter(ended_at__isnull=True)
    ended = orders.filter(ended_at__gt=now - TIMINGS.keep_on_board)
    ids = [*live.values_list("pk", flat=True), *ended.values_list("pk", flat=True)]
    return [_board_row(picture) for picture in get_pictures(ids).values()]


@snapshot_source("courier")
def job_rows(courier_id: UUID, _now: datetime) -> Sequence[Row]:
    """The courier's running legs."""
    legs = DeliveryLeg.objects.filter(courier_id=courier_id, ended_at__isnull=True)
    pictures = get_pictures(legs.values_list("order_id", flat=True))
    return [
        row
        for picture in pictures.values()
        if picture.leg is not None
        for row in _courier_rows(picture, picture.leg)
    ]


def _drawn(order_id: UUID) -> tuple[Picture, list[Row]]:
    """Picture and shared rows; drawn once for all facts of one transaction."""
    work = current_work()
    key = f"order:{order_id}"
    drawn: tuple[Picture, list[Row]] | None = work.loaded.get(key) if work else None
    if drawn is None:
        picture = get_settled_picture(order_id)
        rows = [_tracking_row(picture)]
        if picture.order.placed_at is not None:
            rows.append(_board_row(picture))
        drawn = picture, rows
        if work is not None:
            work.loaded[key] = drawn
    return drawn


def _tracking_row(picture: Picture) -> Row:
    key = f"order:{picture.order.pk}"
    return _row(key, key, picture, tracking_view(picture))


def _board_row(picture: Picture) -> Row:
    topic = f"merchant:{picture.order.merchant_id}"
    return _row(topic, f"order:{picture.order.pk}", picture, order_view(picture, "merchant"))


def _courier_rows(picture: Picture, leg: DeliveryLeg) -> list[Row]:
    if leg.courier_id is None:
        return []
    topic, key = f"courier:{leg.courier_id}", f"leg:{leg.pk}"
    return [_row(topic, key, picture, courier_view(picture, leg))]


def _row(topic: str, key: str, picture: Picture, view: dict[str, object]) -> Row:
    return Row(topic=topic, key=key, version=picture.order.version, view=view)
