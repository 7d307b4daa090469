"""Turning a delivery that nobody carries into a pick-up, with the customer's consent."""

from core.events.catalogue import ORDER_CONVERTED, ORDER_PICKUP_PROPOSED
from core.events.work import Work
from core.legs.commands import cancel_leg, get_leg
from core.legs.ladder import Rung
from core.orders.conflicts import require
from core.orders.ending import Ending, end_fact, end_order
from core.orders.facts import state_fact
from core.orders.models import Order
from core.orders.policy import DEADLINE_PICKUP, DEADLINE_RELEASE_AT, TIMINGS, Reason
from core.orders.states import Trigger
from core.orders.timing import drop, promise, promise_end


def convert_to_pickup(*, order: Order, work: Work) -> None:
    """The customer comes for it: the search ends, and the delivery fee is not owed.

    :raises IllegalStep: a courier has it, or it is no delivery.
    """
    require(Trigger.CONVERT, order=order, work=work)
    before = order.total_minor
    order.convert_to_pickup(now=work.now)
    order.is_flagged = order.is_flagged and not _was_alarmed(order)
    order.save()
    drop(DEADLINE_RELEASE_AT, DEADLINE_PICKUP, order=order)
    promise_end(order=order, work=work)
    cancel_leg(order=order, work=work)
    data = {"refund_minor": before - order.total_minor}
    state_fact(ORDER_CONVERTED, order=order, work=work, data=data)


def propose_pickup(*, order: Order, work: Work) -> None:
    """The shop, or an operator, asks the customer to come; silence gives the money back.

    The search goes on meanwhile: a courier who takes the leg settles the question.

    :raises IllegalStep: a courier has it, or nobody has asked the shop what to do.
    """
    require(Trigger.PROPOSE_PICKUP, order=order, work=work)
    order.apply(Trigger.PROPOSE_PICKUP, now=work.now)
    order.pickup_proposed_at = work.now
    order.save()
    due_at = work.now + TIMINGS.pickup_answer
    promise(DEADLINE_PICKUP, order=order, due_at=due_at, work=work)
    state_fact(ORDER_PICKUP_PROPOSED, order=order, work=work)


def answer_pickup(*, order: Order, agree: bool, work: Work) -> None:
    """The customer comes for it, or gets the money back, which is nobody's fault at the shop.

    :raises IllegalStep: nobody asks.
    """
    require(Trigger.ANSWER_PICKUP, order=order, work=work)
    if agree:
        convert_to_pickup(order=order, work=work)
        return
    ending = Ending(end_fact(order, work), Reason.NO_COURIER)
    end_order(Trigger.STOP, ending, order=order, work=work)


def _was_alarmed(order: Order) -> bool:
    leg = get_leg(order)
    return leg is not None and leg.search_rung == Rung.ALARM
