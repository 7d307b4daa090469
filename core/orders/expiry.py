"""What happens to an order when a promise about it falls due."""

from collections.abc import Callable
from uuid import UUID

from core.deadlines.registry import deadline_handler
from core.events.work import Work
from core.legs.commands import create_leg, get_leg
from core.legs.proving import Proof
from core.legs.returning import GOING_BACK, miss_return
from core.legs.steps import deliver
from core.orders.accepting import expire_accept, remind_to_accept
from core.orders.access import lock_order, try_lock_order
from core.orders.adjusting import answer_adjustment
from core.orders.cancelling import agree_to_cancel, expire_payment, stop_order
from core.orders.converting import answer_pickup
from core.orders.ending import finish
from core.orders.holding import release_order
from core.orders.models import Order
from core.orders.policy import (
    DEADLINE_ACCEPT,
    DEADLINE_ACCEPT_REMINDER,
    DEADLINE_ADJUSTMENT,
    DEADLINE_CANCELLATION,
    DEADLINE_HOLD,
    DEADLINE_OVERDUE,
    DEADLINE_PAYMENT,
    DEADLINE_PICKUP,
    DEADLINE_RELEASE_AT,
    DEADLINE_RETURN,
    Fulfilment,
    Reason,
)
from core.orders.states import State


def _when_due(kind: str, step: Callable[[Order, Work], None]) -> None:
    """Let `step` act on the locked order when `kind` falls due.

    A command that makes a promise void removes it under the same lock, so `step` always finds
    the order where the promise was made.
    """

    @deadline_handler(kind, lock=try_lock_order, of=Order)
    def handle(order_id: UUID, work: Work) -> None:
        work.correlation_id = f"order:{order_id}"
        step(lock_order(order_id), work)


def _release_scheduled(order: Order, work: Work) -> None:
    """The search for a courier begins."""
    if get_leg(order) is None:
        create_leg(order=order, work=work)


def _close_overdue(order: Order, work: Work) -> None:
    """A day after its promise nobody has ended the order: end it as things most likely are."""
    leg = get_leg(order)
    if order.state != State.HANDED_OVER:
        stop_order(order=order, reason=_reason_never_left(order), flagged=True, work=work)
    elif leg is None:
        finish(order=order, work=work, flagged=True)
    elif leg.state in GOING_BACK:
        stop_order(order=order, reason=Reason.DELIVERY_FAILED, flagged=True, work=work)
    else:
        order.is_flagged = True
        deliver(leg=leg, proof=Proof("overdue", ""), work=work)


def _reason_never_left(order: Order) -> Reason:
    if order.state in {State.PENDING_PAYMENT, State.PLACED}:
        return Reason.OTHER
    if order.state != State.READY:
        return Reason.CANNOT_FULFIL
    return Reason.NOT_COLLECTED if order.fulfilment == Fulfilment.PICKUP else Reason.NO_COURIER


_when_due(DEADLINE_PAYMENT, lambda order, work: expire_payment(order=order, work=work))
_when_due(DEADLINE_ACCEPT, lambda order, work: expire_accept(order=order, work=work))
_when_due(DEADLINE_ACCEPT_REMINDER, lambda order, work: remind_to_accept(order=order, work=work))
_when_due(DEADLINE_CANCELLATION, lambda order, work: agree_to_cancel(order=order, work=work))
_when_due(
    DEADLINE_ADJUSTMENT,
    lambda order, work: answer_adjustment(order=order, answer=None, work=work),
)
_when_due(
    DEADLINE_PICKUP,
    lambda order, work: answer_pickup(order=order, agree=False, work=work),
)
_when_due(DEADLINE_HOLD, lambda order, work: release_order(order=order, work=work))
_when_due(DEADLINE_RELEASE_AT, _release_scheduled)
_when_due(DEADLINE_RETURN, lambda order, work: miss_return(order=order, work=work))
_when_due(DEADLINE_OVERDUE, _close_overdue)
