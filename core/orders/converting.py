"""Turning a delivery that nobody carries into a pick-up."""

from core.events.catalogue import ORDER_CONVERTED
from core.events.work import Work
from core.legs.commands import cancel_leg
from core.orders.conflicts import require
from core.orders.facts import state_fact
from core.orders.models import Order
from core.orders.policy import DEADLINE_RELEASE_AT
from core.orders.states import Trigger
from core.orders.timing import drop, promise_end


def convert_to_pickup(*, order: Order, work: Work) -> None:
    """The customer comes for it: the search ends, and the delivery fee is not owed.

    :raises IllegalStep: a courier has it, or it is no delivery.
    """
    require(Trigger.CONVERT, order=order, work=work)
    before = order.total_minor
    order.convert_to_pickup(now=work.now)
    order.save()
    drop(DEADLINE_RELEASE_AT, order=order)
    promise_end(order=order, work=work)
    cancel_leg(order=order, work=work)
    data = {"refund_minor": before - order.total_minor}
    state_fact(ORDER_CONVERTED, order=order, work=work, data=data)
