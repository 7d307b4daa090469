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
from core.prepared import Prepared


def _ids(orders: QuerySet[Order]) -> QuerySet[Order, UUID]:
    return orders.values_list("pk", flat=True)


_read = Prepared(lambda pk: Order.objects.select_related(*WHOLE).filter(pk=pk), UUID)
_lock = Prepared(lambda pk: _ids(Order.objects.select_for_update().filter(pk=pk)), UUID)
_try_lock = Prepared(
    lambda pk: _ids(Order.objects.select_for_update(skip_locked=True).filter(pk=pk)), UUID
)
# A subquery, since the rows of a join would be locked too, the leg before its order.
_lock_of_leg = Prepared(
    lambda pk: _ids(
        Order.objects.select_for_update().filter(
            pk__in=DeliveryLeg.objects.filter(pk=pk).values("order_id")
        )
    ),
    UUID,
)
_memberships = Prepared(
    lambda person, merchant: Membership.objects.filter(
        person=person, merchant_id=merchant
    ).values_list("pk", flat=True),
    UUID,
    UUID,
)


def lock_order(order_id: UUID) -> Order:
    """Return the order under its row lock: the first lock of everything about it.

    Its payment and leg, which the same lock guards, and the people and the shop come with it. One
    unit of work has one instance of an order: whoever locks it again gets the same.

    :raises NotFound: when there is none.
    """
    return get_held(Order, order_id) or _hold(_lock(order_id))


def lock_order_of_leg(leg_id: UUID) -> Order:
    """Return the order of the leg under its row lock, as `lock_order` does.

    :raises NotFound: when there is no such leg.
    """
    leg = get_held(DeliveryLeg, leg_id)
    if leg is not None:
        return leg.order
    return _hold(_lock_of_leg(leg_id))


def read_order(order_id: UUID) -> Order:
    """Return an order that exists, with all that hangs on it: the locked one, if it is locked."""
    return get_held(Order, order_id) or _read(order_id)[0]


def try_lock_order(order_id: UUID) -> bool:
    """Lock the order unless another transaction has it; for deadlines, which then come again."""
    locked = _try_lock(order_id)
    if locked:
        _hold(locked)
    return bool(locked)


def _hold(order_ids: list[UUID]) -> Order:
    """Read the order that was just locked with what hangs on it, which is not to be locked.

    :raises NotFound: when none was.
    """
    if not order_ids:
        raise NotFound
    [order] = _read(order_ids[0])
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
    if _memberships(person.pk, order.merchant_id):
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
