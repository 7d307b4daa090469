"""Orders as somebody may reach them: locked, and in which role."""

from collections.abc import Iterator
from uuid import UUID

from core.errors import NotFound
from core.legs.models import DeliveryLeg
from core.orders.models import Order
from core.orders.states import WHO_MAY, Trigger
from core.people.models import Membership, Person


def lock_order(order_id: UUID) -> Order:
    """Return the order under its row lock: the first lock of everything about it.

    :raises NotFound: when there is none.
    """
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise NotFound
    return order


def try_lock_order(order_id: UUID) -> bool:
    """Lock the order unless another transaction has it; for deadlines, which then come again."""
    rows = Order.objects.select_for_update(skip_locked=True).filter(pk=order_id)
    return rows.values_list("pk", flat=True).first() is not None


def roles_in_order(person: Person, order: Order) -> Iterator[str]:
    """Every role in which the person has to do with the order; reads no more than is asked for."""
    if order.customer_id == person.pk:
        yield "customer"
    if Membership.objects.filter(person=person, merchant_id=order.merchant_id).exists():
        yield "merchant"
    if (
        person.is_courier
        and DeliveryLeg.objects.filter(order_id=order.pk, courier=person).exists()
    ):
        yield "courier"
    if person.is_operator:
        yield "operator"


def role_in_order(person: Person, order: Order) -> str | None:
    """Return the first role in which the person has to do with the order, if any."""
    return next(roles_in_order(person, order), None)


def access_order(
    person: Person, order_id: UUID, *, lock: bool = False, trigger: Trigger | None = None
) -> tuple[Order, str]:
    """Return the order and the person's role; of several, one that may pull `trigger`.

    :raises NotFound: when there is none, or the person has nothing to do with it.
    """
    order = lock_order(order_id) if lock else Order.objects.filter(pk=order_id).first()
    if order is None:
        raise NotFound
    first = None
    for role in roles_in_order(person, order):
        if trigger is None or role in WHO_MAY[trigger]:
            return order, role
        first = first or role
    if first is None:
        raise NotFound
    return order, first
