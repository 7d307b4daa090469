"""The kitchen's part: start, ready, delay, and answering a customer who asks to hurry."""

from core.errors import Conflict, Invalid
from core.events.catalogue import (
    ORDER_DELAYED,
    ORDER_NUDGE_REPLIED,
    ORDER_NUDGED,
    ORDER_PREPARATION_STARTED,
    ORDER_READY,
)
from core.events.work import Work
from core.orders.conflicts import conflict, require
from core.orders.facts import state_fact
from core.orders.models import Order
from core.orders.policy import DELAY_MINUTES, TIMINGS
from core.orders.states import Trigger
from core.orders.timing import promise_end


class NudgedRecently(Conflict):
    """The shop has just been asked."""

    code = "nudged_recently"
    title = "The shop was asked a moment ago."
    retryable = True


def start_preparation(*, order: Order, work: Work) -> None:
    """The kitchen begins."""
    require(Trigger.START, order=order, work=work)
    order.apply(Trigger.START, now=work.now)
    order.save()
    state_fact(ORDER_PREPARATION_STARTED, order=order, work=work)


def mark_ready(*, order: Order, work: Work) -> None:
    """It can be picked up."""
    require(Trigger.MARK_READY, order=order, work=work)
    order.apply(Trigger.MARK_READY, now=work.now)
    order.save()
    state_fact(ORDER_READY, order=order, work=work)


def delay_order(*, order: Order, minutes: int, work: Work) -> None:
    """The shop needs more minutes; both promises move."""
    require(Trigger.DELAY, order=order, work=work)
    if minutes not in DELAY_MINUTES:
        raise Invalid(f"a delay is one of {sorted(DELAY_MINUTES)} minutes")
    order.apply(Trigger.DELAY, now=work.now)
    order.delay(minutes)
    order.save()
    promise_end(order=order, work=work)
    state_fact(ORDER_DELAYED, order=order, work=work, data={"minutes": minutes})


def nudge_order(*, order: Order, work: Work) -> None:
    """The customer asks the shop to hurry.

    :raises NudgedRecently: a moment after the last time.
    """
    require(Trigger.NUDGE, order=order, work=work)
    if order.nudged_at is not None and work.now < order.nudged_at + TIMINGS.nudge_pause:
        raise conflict(NudgedRecently, order=order, role=work.actor.type)
    order.apply(Trigger.NUDGE, now=work.now)
    order.nudged_at, order.nudge_reply = work.now, ""
    order.nudge_count += 1
    order.save()
    state_fact(ORDER_NUDGED, order=order, work=work)


def reply_nudge(*, order: Order, reply: str, work: Work) -> None:
    """The shop answers the customer."""
    require(Trigger.REPLY_NUDGE, order=order, work=work)
    order.apply(Trigger.REPLY_NUDGE, now=work.now)
    order.nudge_reply = reply
    order.save()
    state_fact(ORDER_NUDGE_REPLIED, order=order, work=work, data={"reply": reply})
