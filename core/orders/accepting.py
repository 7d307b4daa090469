"""The shop's answer to a new order: accept, reject, or silence."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from core.errors import Invalid
from core.events.catalogue import (
    ORDER_ACCEPT_EXPIRED,
    ORDER_ACCEPT_REMINDED,
    ORDER_ACCEPTED,
    ORDER_REJECTED,
)
from core.events.work import Work
from core.legs.commands import create_leg
from core.merchants.commands import lock_item, sell_out_item
from core.orders.conflicts import require
from core.orders.ending import Ending, end_order
from core.orders.facts import state_fact
from core.orders.models import Order
from core.orders.policy import (
    BY_MERCHANT,
    DEADLINE_ACCEPT,
    DEADLINE_ACCEPT_REMINDER,
    DEADLINE_RELEASE_AT,
    TIMINGS,
    Fulfilment,
    Reason,
)
from core.orders.states import Trigger
from core.orders.strikes import answer_order, miss_order
from core.orders.timing import drop, promise, promise_end


def accept_order(*, order: Order, work: Work) -> None:
    """The shop takes the order and promises a time; the search for a courier begins.

    :raises IllegalStep: it does not wait for an answer.
    """
    require(Trigger.ACCEPT, order=order, work=work)
    order.apply(Trigger.ACCEPT, now=work.now)
    start = max(order.release_at or work.now, work.now)
    ready_at = start + timedelta(minutes=order.merchant.preparation_minutes_at(start))
    delivered = order.fulfilment == Fulfilment.DELIVERY
    order.promise(ready_at=ready_at, at=ready_at + TIMINGS.travel if delivered else ready_at)
    drop(DEADLINE_ACCEPT, DEADLINE_ACCEPT_REMINDER, order=order)
    promise_end(order=order, work=work)
    answer_order(order.merchant)
    state_fact(ORDER_ACCEPTED, order=order, work=work)
    if delivered and start <= work.now:
        create_leg(order=order, work=work)  # which stores the order
        return
    order.save()
    if delivered:
        promise(DEADLINE_RELEASE_AT, order=order, due_at=start, work=work)


def reject_order(
    *, order: Order, reason: Reason, item_ids: Sequence[UUID] = (), work: Work
) -> None:
    """The shop refuses the order; items it names as sold out are taken off its menu.

    :raises IllegalStep: it does not wait for an answer.
    """
    require(Trigger.REJECT, order=order, work=work)
    if work.actor.type == "merchant" and reason not in BY_MERCHANT:
        raise Invalid(f"a shop does not reject for {reason}")
    answer_order(order.merchant)
    end_order(Trigger.REJECT, Ending(ORDER_REJECTED, reason), order=order, work=work)
    mark_sold_out(order, item_ids, work)


def expire_accept(*, order: Order, work: Work) -> None:
    """Nobody answered in time: the order ends and the shop gets a strike."""
    require(Trigger.EXPIRE_ACCEPT, order=order, work=work)
    miss_order(order.merchant_id, work=work)
    ending = Ending(ORDER_ACCEPT_EXPIRED, Reason.ACCEPT_EXPIRED)
    end_order(Trigger.EXPIRE_ACCEPT, ending, order=order, work=work)


def remind_to_accept(*, order: Order, work: Work) -> None:
    """The shop has not answered yet; say so once more."""
    order.touch()
    order.save(update_fields=["version"])
    state_fact(ORDER_ACCEPT_REMINDED, order=order, work=work)


def mark_sold_out(order: Order, item_ids: Sequence[UUID], work: Work) -> None:
    """Take items of the shop off its menu; those of other shops are passed over."""
    for item_id in sorted(item_ids):
        item = lock_item(item_id)
        if item.merchant_id == order.merchant_id:
            sell_out_item(item=item, work=work)
