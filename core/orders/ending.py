"""How an order ends: one way for every cancellation, and the one for a meal eaten."""

from dataclasses import dataclass

from core.events.catalogue import (
    ORDER_CANCELLED,
    ORDER_CANCELLED_AFTER_ACCEPTANCE,
    ORDER_COMPLETED,
    ORDER_HANDED_OVER,
    EventType,
)
from core.events.work import Work
from core.legs.commands import cancel_leg
from core.orders.facts import state_fact
from core.orders.models import Order
from core.orders.policy import (
    DEADLINE_ADJUSTMENT,
    DEADLINE_CANCELLATION,
    LIABLE,
    Party,
    Reason,
)
from core.orders.states import Trigger
from core.orders.stock import release
from core.orders.strikes import strike
from core.orders.timing import drop, drop_all


@dataclass(frozen=True, slots=True)
class Ending:
    """Which fact it is, why, and whose fault unless the reason says so."""

    kind: EventType
    reason: Reason
    party: Party | None = None


def end_order(trigger: Trigger, ending: Ending, *, order: Order, work: Work) -> None:
    """Cancel the order, its leg and its promises, and return its stock; the money follows."""
    party = ending.party or LIABLE[ending.reason]
    order.end(trigger, reason=ending.reason, party=party, now=work.now)
    order.save()
    drop_all(order=order)
    cancel_leg(order=order, work=work)
    if party is Party.MERCHANT and order.accepted_at is not None:
        strike(order.merchant_id)
    release(order)
    data = {"reason": ending.reason, "party": party, "mode": trigger}
    state_fact(ending.kind, order=order, work=work, data=data)


def end_fact(order: Order, work: Work) -> EventType:
    """Return the fact that tells the kitchen to stop, when it did not decide so itself."""
    if order.accepted_at is None or work.actor.type == "merchant":
        return ORDER_CANCELLED
    return ORDER_CANCELLED_AFTER_ACCEPTANCE


def leave_shop(*, order: Order, work: Work) -> None:
    """Apply a hand-over that was checked; who has it in hand cannot be asked to wait."""
    order.apply(Trigger.HAND_OVER, now=work.now)
    if order.cancellation_requested_at is not None or order.proposal is not None:
        drop(DEADLINE_CANCELLATION, DEADLINE_ADJUSTMENT, order=order)
    order.settle_questions()
    order.save()
    state_fact(ORDER_HANDED_OVER, order=order, work=work)


def finish(*, order: Order, work: Work, flagged: bool = False) -> None:
    """Apply a completion that was checked."""
    order.apply(Trigger.COMPLETE, now=work.now)
    order.is_flagged = order.is_flagged or flagged
    order.held_at, order.hold_reason = None, ""
    order.save()
    drop_all(order=order)
    state_fact(ORDER_COMPLETED, order=order, work=work, data={"flagged": flagged})
