"""Changing the lines of an order because something is sold out."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from core.errors import Invalid
from core.events.catalogue import ORDER_ADJUSTED, ORDER_ADJUSTMENT_PROPOSED
from core.events.work import Work
from core.orders.conflicts import require
from core.orders.ending import Ending, end_fact, end_order
from core.orders.facts import state_fact
from core.orders.models import Order, OrderLine
from core.orders.policy import DEADLINE_ADJUSTMENT, TIMINGS, Reason
from core.orders.states import Trigger
from core.orders.timing import drop, promise


Quantities = Mapping[UUID, int]
"""Line id -> how many of it are left in the order."""


def adjust_order(*, order: Order, quantities: Quantities, work: Work) -> None:
    """The shop takes sold-out units out of the order; their price goes back.

    :raises IllegalStep: the customer is being asked, or it is too late.
    """
    require(Trigger.ADJUST, order=order, work=work)
    _apply(Trigger.ADJUST, _check(order, quantities), order=order, work=work)


def propose_adjustment(*, order: Order, quantities: Quantities, work: Work) -> None:
    """The shop asks the customer first; silence takes the customer's stated preference."""
    require(Trigger.PROPOSE_ADJUSTMENT, order=order, work=work)
    _check(order, quantities)
    order.apply(Trigger.PROPOSE_ADJUSTMENT, now=work.now)
    order.proposal = [
        {"line_id": str(line_id), "quantity": quantity} for line_id, quantity in quantities.items()
    ]
    order.save()
    due_at = work.now + TIMINGS.adjustment_answer
    promise(DEADLINE_ADJUSTMENT, order=order, due_at=due_at, work=work)
    state_fact(ORDER_ADJUSTMENT_PROPOSED, order=order, work=work, data={"lines": order.proposal})


def answer_adjustment(
    *, order: Order, answer: Literal["refund", "cancel"] | None, work: Work
) -> None:
    """Take the customer's answer, or with none the preference stated in the order.

    :raises IllegalStep: nobody asked.
    """
    require(Trigger.ANSWER_ADJUSTMENT, order=order, work=work)
    quantities = {UUID(line["line_id"]): line["quantity"] for line in order.proposal or ()}
    if (answer or order.sold_out_preference) == "cancel":
        ending = Ending(end_fact(order, work), Reason.SOLD_OUT)
        end_order(Trigger.STOP, ending, order=order, work=work)
        return
    drop(DEADLINE_ADJUSTMENT, order=order)
    lines = _check(order, quantities)
    _apply(Trigger.ANSWER_ADJUSTMENT, lines, order=order, work=work)


def _check(order: Order, quantities: Quantities) -> list[OrderLine]:
    """Return all lines with the new quantities; only fewer is possible, and not nothing at all."""
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    known = {line.pk for line in lines}
    if not quantities or not known.issuperset(quantities):
        raise Invalid("an adjustment names lines of this order")
    if any(line.quantity <= quantities.get(line.pk, -1) for line in lines):
        raise Invalid("an adjustment only takes away")
    for line in lines:
        line.quantity = quantities.get(line.pk, line.quantity)
    if not any(line.quantity for line in lines):
        raise Invalid("nothing would be left; stop the order instead")
    return lines


def _apply(trigger: Trigger, lines: list[OrderLine], *, order: Order, work: Work) -> None:
    OrderLine.objects.bulk_update(lines, ["quantity"])
    before = order.total_minor
    order.apply(trigger, now=work.now)
    order.reprice(items_minor=sum(line.unit_minor * line.quantity for line in lines))
    order.proposal = None
    order.save()
    data = {"refund_minor": before - order.total_minor}
    state_fact(ORDER_ADJUSTED, order=order, work=work, data=data)
