"""Orders as somebody may reach them: locked, and in which role."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from core.events.work import current_work, get_held
from core.legs.models import DeliveryLeg
from core.orders.models import WHOLE, Order
from core.orders.states import WHO_MAY, Trigger
from core.people.models import Membership, Person


def lock_order(order_id: UUID) -> Order:
    """Return the order under its row lock: the first lock of everything about it.

    Its payment and leg, which the same lock guards, and the people and the shop come with it. One
    unit of work has one instance of an order: whoever locks it again gets the same.

    :raises NotFound: when there is none.
    """
    order = get_held(Order, order_id)
    return order or _lock(Order.objects.filter(pk=order_id))


def lock_order_of_leg(leg_id: UUID) -> Order:
    """Return the order of the leg under its row lock, as `lock_order` does.

    :raises NotFound: when there is no such leg.
    """
    leg = get_held(DeliveryLeg, leg_id)
    if leg is not None:
        return leg.order
    # A subquery, since the rows of a join would be locked too, the leg before its order.
    order_id = DeliveryLeg.objects.filter(pk=leg_id).values("order_id")
    return _lock(Order.objects.filter(pk__in=order_id))


def read_order(order_id: UUID) -> Order:
    """Return an order that exists, with all that hangs on it: the locked one, if it is locked."""
    return get_held(Order, order_id) or Order.objects.select_related(*WHOLE).get(pk=order_id)


def try_lock_order(order_id: UUID) -> bool:
    """Lock the order unless another transaction has it; for deadlines, which then come again."""
    locked = Order.objects.select_for_update(skip_locked=True).filter(pk=order_id)
    if not list(locked.values_list("pk", flat=True)):
        return False
    _hold(order_id)
    return True


def _lock(orders: QuerySet[Order]) -> Order:
    """Lock the one row first and then read it with what hangs on it, which is not to be locked.

    :raises NotFound: when there is none.
    """
    for order_id in orders.select_for_update().values_list("pk", flat=True):
        return _hold(order_id)
    raise NotFound


def _hold(order_id: UUID) -> Order:
    order = Order.objects.select_related(*WHOLE).get(pk=order_id)
    work = current_work()
    if work is not None:
        work.hold(order)
        leg = getattr(order, "leg", None)
        if leg is not None:
            work.hold(leg)
    return order


def roles_in_order(person: Person, order: Order) -> Iterator[str]:
    """Every role in which the person has to do with the order; reads no more than is asked for."""
    if order.customer_id == person.pk:
        yield "customer"
    if Membership.objects.filter(person=person, merchant_id=order.merchant_id).exists():
        yield "merchant"
    if person.is_courier:
        leg = getattr(order, "leg", None)
        if leg is not None and leg.courier_id == person.pk:
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
