"""Freezing an order: its promises stand still while people sort something out."""

from core.deadlines.commands import hold_deadlines, release_deadlines, set_deadline
from core.events.catalogue import ORDER_HELD, ORDER_RELEASED
from core.events.work import Work
from core.legs.commands import get_leg
from core.orders.conflicts import require
from core.orders.facts import state_fact
from core.orders.models import Order
from core.orders.policy import DEADLINE_HOLD, TIMINGS
from core.orders.states import Trigger
from core.orders.timing import drop


def hold_order(*, order: Order, reason: str, work: Work) -> None:
    """Freeze every promise about the order and its leg; people may still act on it."""
    require(Trigger.HOLD, order=order, work=work)
    order.apply(Trigger.HOLD, now=work.now)
    order.held_at, order.hold_reason = work.now, reason
    order.save()
    hold_deadlines(subject=order.pk, now=work.now)
    leg = get_leg(order)
    if leg is not None:
        hold_deadlines(subject=leg.pk, now=work.now)
    # Not by `promise`, which freezes what a held order is promised.
    due_at = work.now + TIMINGS.hold
    set_deadline(DEADLINE_HOLD, subject=order.pk, due_at=due_at, work=work)
    state_fact(ORDER_HELD, order=order, work=work, data={"reason": reason})


def release_order(*, order: Order, work: Work) -> None:
    """Let the promises run again, later by as long as they stood still."""
    require(Trigger.RELEASE, order=order, work=work)
    order.apply(Trigger.RELEASE, now=work.now)
    order.held_at, order.hold_reason = None, ""
    order.save()
    drop(DEADLINE_HOLD, order=order)
    release_deadlines(subject=order.pk, work=work)
    leg = get_leg(order)
    if leg is not None:
        release_deadlines(subject=leg.pk, work=work)
    state_fact(ORDER_RELEASED, order=order, work=work)
