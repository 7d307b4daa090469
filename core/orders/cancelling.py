"""Ending an order before its time: by the customer, by agreement, or by whoever must stop it."""

from core.errors import Conflict, Invalid
from core.events.catalogue import (
    ORDER_CANCELLATION_REFUSED,
    ORDER_CANCELLATION_REQUESTED,
    ORDER_CANCELLED,
)
from core.events.work import Work
from core.legs.commands import get_leg
from core.orders.conflicts import conflict, require
from core.orders.ending import Ending, end_fact, end_order
from core.orders.facts import state_fact
from core.orders.models import Order
from core.orders.policy import (
    BY_CUSTOMER,
    BY_MERCHANT,
    DEADLINE_CANCELLATION,
    DEADLINE_PAYMENT,
    TIMINGS,
    Party,
    Reason,
)
from core.orders.states import Trigger
from core.orders.timing import drop, promise
from core.orders.views import free_cancellation_until


class NotFreeToCancel(Conflict):
    """The shop has begun to count on it: the customer must ask."""

    code = "cancellation_not_free"
    title = "It is too late to cancel without asking the shop."


def cancel_order(*, order: Order, reason: Reason = Reason.CHANGED_MIND, work: Work) -> None:
    """The customer cancels: always before the shop's answer, and for a minute after.

    :raises NotFreeToCancel: the minute is over.
    :raises IllegalStep: the kitchen has begun, or it has ended.
    """
    require(Trigger.CANCEL, order=order, work=work)
    _check_reason(reason, work)
    until = free_cancellation_until(order)
    if until is not None and work.now > until:
        raise conflict(NotFreeToCancel, order=order, role=work.actor.type)
    ending = Ending(end_fact(order, work), reason, Party.CUSTOMER)
    end_order(Trigger.CANCEL, ending, order=order, work=work)


def request_cancellation(*, order: Order, reason: Reason, work: Work) -> None:
    """The customer asks the shop to cancel; silence agrees."""
    require(Trigger.REQUEST_CANCELLATION, order=order, work=work)
    _check_reason(reason, work)
    order.apply(Trigger.REQUEST_CANCELLATION, now=work.now)
    order.cancellation_requested_at, order.cancellation_reason = work.now, reason
    order.save()
    due_at = work.now + TIMINGS.cancellation_answer
    promise(DEADLINE_CANCELLATION, order=order, due_at=due_at, work=work)
    state_fact(ORDER_CANCELLATION_REQUESTED, order=order, work=work, data={"reason": reason})


def answer_cancellation(*, order: Order, agree: bool, work: Work) -> None:
    """The shop, an operator or its silence answers the customer's request.

    :raises IllegalStep: nobody asks.
    """
    if agree:
        agree_to_cancel(order=order, work=work)
        return
    require(Trigger.REFUSE_CANCELLATION, order=order, work=work)
    order.apply(Trigger.REFUSE_CANCELLATION, now=work.now)
    order.cancellation_requested_at, order.cancellation_reason = None, ""
    order.save()
    drop(DEADLINE_CANCELLATION, order=order)
    state_fact(ORDER_CANCELLATION_REFUSED, order=order, work=work)


def agree_to_cancel(*, order: Order, work: Work) -> None:
    """End the order as the customer asked."""
    require(Trigger.AGREE_CANCELLATION, order=order, work=work)
    party = Party.CUSTOMER
    if order.cancellation_reason == Reason.TOO_SLOW:
        party = Party.MERCHANT
    ending = Ending(end_fact(order, work), Reason.CANCELLATION_AGREED, party)
    end_order(Trigger.AGREE_CANCELLATION, ending, order=order, work=work)


def stop_order(
    *, order: Order, reason: Reason, party: Party | None = None, flagged: bool = False, work: Work
) -> None:
    """The shop, an operator or the system ends a live order; the customer is made whole.

    :raises IllegalStep: it has ended.
    """
    require(Trigger.STOP, order=order, work=work)
    if work.actor.type == "merchant" and (party is not None or not _is_of_shop(reason, order)):
        raise Invalid("a shop stops an order for one of its own reasons and names nobody")
    order.is_flagged = order.is_flagged or flagged
    ending = Ending(end_fact(order, work), reason, party)
    end_order(Trigger.STOP, ending, order=order, work=work)


def expire_payment(*, order: Order, work: Work) -> None:
    """Nobody paid in time."""
    require(Trigger.EXPIRE_PAYMENT, order=order, work=work)
    drop(DEADLINE_PAYMENT, order=order)
    ending = Ending(ORDER_CANCELLED, Reason.PAYMENT_EXPIRED)
    end_order(Trigger.EXPIRE_PAYMENT, ending, order=order, work=work)


def _is_of_shop(reason: Reason, order: Order) -> bool:
    """Whether a shop may give the reason; that nobody delivers only once it was asked about it."""
    if reason is Reason.NO_COURIER:
        leg = get_leg(order)
        return leg is not None and leg.search_escalated_at is not None
    return reason in BY_MERCHANT


def _check_reason(reason: Reason, work: Work) -> None:
    if reason not in BY_CUSTOMER:
        raise Invalid(f"a {work.actor.type} does not cancel for {reason}")
