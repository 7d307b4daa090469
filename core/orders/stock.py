"""Stock of an order's items: taken when it is made, returned when the kitchen never began."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import F, Q

from core.errors import Conflict
from core.merchants.models import MenuItem
from core.orders.models import Order, OrderLine
from core.prepared import PreparedChange


class SoldOut(Conflict):
    """Less is left than was asked for; `items` names each."""

    code = "sold_out"
    title = "Some items are sold out."


_reduce = PreparedChange(
    lambda item_id, quantity: MenuItem.objects.filter(
        Q(stock__isnull=True) | Q(stock__gte=quantity), pk=item_id, is_sold_out=False
    ),
    UUID,
    int,
    changes=lambda _item_id, quantity: {"stock": F("stock") - quantity},
)


def reserve(quantities: Mapping[UUID, int]) -> None:
    """Take the quantities, all or none, locking items in the order of their ids.

    :raises SoldOut: when less is left of any.
    """
    missing = [item_id for item_id in sorted(quantities) if not _take(item_id, quantities)]
    if missing:
        names = dict(MenuItem.objects.filter(pk__in=missing).values_list("pk", "name"))
        items = [{"id": str(item_id), "name": names.get(item_id, "")} for item_id in missing]
        raise SoldOut(items=items)


def release(order: Order) -> None:
    """Return what the order holds, unless the kitchen has begun."""
    if order.preparing_at is not None or order.ready_at is not None:
        return
    lines = OrderLine.objects.filter(order=order, quantity__gt=0).order_by("item_id")
    for item_id, quantity in lines.values_list("item_id", "quantity"):
        counted = MenuItem.objects.filter(pk=item_id, stock__isnull=False)
        counted.update(stock=F("stock") + quantity)


def _take(item_id: UUID, quantities: Mapping[UUID, int]) -> bool:
    return _reduce(item_id, quantities[item_id]) == 1
