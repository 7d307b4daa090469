"""Everything the views of an order are drawn from, read in three statements for any number."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from core.deadlines.queries import get_deadlines
from core.events.work import current_work, get_held
from core.legs.models import DeliveryLeg
from core.orders.models import WHOLE, Order, OrderLine
from core.orders.policy import OUTCOMES
from core.payments.models import Payment
from core.prepared import Prepared


_lines = Prepared(lambda pk: OrderLine.objects.filter(order=pk).order_by("position"), UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One order with all that hangs on it, as of one moment."""

    order: Order
    lines: tuple[OrderLine, ...]
    leg: DeliveryLeg | None
    payment: Payment | None
    deadlines: dict[str, datetime]
    drawn: dict[str, Any] = field(default_factory=dict, compare=False)
    """What every audience sees alike, once somebody has drawn it."""


def get_pictures(order_ids: Iterable[UUID]) -> dict[UUID, Picture]:
    """Pictures of the orders that exist, in the order of `order_ids`."""
    ids = list(order_ids)
    orders = Order.objects.select_related(*WHOLE).in_bulk(ids)
    pictures = _draw(orders)
    return {order_id: pictures[order_id] for order_id in ids if order_id in orders}


def _draw(orders: Mapping[UUID, Order]) -> dict[UUID, Picture]:
    """Add to each order, read whole, its lines and deadlines."""
    lines = _get_lines(orders)
    deadlines = _get_deadlines(orders)
    return {
        order_id: Picture(
            order=order,
            lines=tuple(lines[order_id]),
            leg=getattr(order, "leg", None),
            payment=getattr(order, "payment", None),
            deadlines=deadlines[order_id],
        )
        for order_id, order in orders.items()
    }


def _get_deadlines(orders: Mapping[UUID, Order]) -> dict[UUID, dict[str, datetime]]:
    """Promises about each order, and the next rung of the search for its courier."""
    legs = {
        order_id: leg.pk
        for order_id, order in orders.items()
        if (leg := getattr(order, "leg", None)) is not None
    }
    found = get_deadlines([*orders, *legs.values()])
    deadlines = {order_id: found.get(order_id, {}) for order_id in orders}
    for order_id, leg_id in legs.items():
        promised = found.get(leg_id, {})
        deadlines[order_id] |= {
            kind: due_at for kind, due_at in promised.items() if kind in OUTCOMES
        }
    return deadlines


def _get_lines(orders: Mapping[UUID, Order]) -> Mapping[UUID, Sequence[OrderLine]]:
    if len(orders) == 1:
        [(order_id, order)] = orders.items()
        made = order.made_lines
        return {order_id: _lines(order_id) if made is None else made}
    lines: dict[UUID, list[OrderLine]] = {order_id: [] for order_id in orders}
    for line in OrderLine.objects.filter(order__in=list(orders)).order_by("position"):
        lines[line.order_id].append(line)
    return lines


def get_settled_picture(order_id: UUID) -> Picture:
    """Picture after all reactions, read once for a command's answer and all its audiences."""
    work = current_work()
    if work is None:
        return get_picture(order_id)
    key = f"picture:{order_id}"
    if key not in work.loaded:
        held = get_held(Order, order_id)
        work.loaded[key] = _draw({order_id: held})[order_id] if held else get_picture(order_id)
    picture: Picture = work.loaded[key]
    return picture


def get_picture(order_id: UUID) -> Picture:
    """Picture of an order that is known to exist."""
    return get_pictures([order_id])[order_id]
