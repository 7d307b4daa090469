"""From a quote to an order that the shop may accept."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from core.changes import insert
from core.errors import Conflict, Invalid
from core.events.catalogue import ORDER_PAYMENT_PENDING, ORDER_PLACED
from core.events.facts import SYSTEM
from core.events.work import Work, unit_of_work
from core.merchants.availability import Why, get_availability
from core.merchants.models import Merchant
from core.merchants.queries import get_hours
from core.orders.accepting import accept_order
from core.orders.conflicts import require
from core.orders.facts import state_fact
from core.orders.models import Order, OrderLine
from core.orders.moments import iso
from core.orders.policy import (
    DEADLINE_ACCEPT,
    DEADLINE_ACCEPT_REMINDER,
    DEADLINE_PAYMENT,
    TIMINGS,
    Fulfilment,
    PaymentMethod,
)
from core.orders.quotes import Quote
from core.orders.states import State, Trigger
from core.orders.stock import reserve
from core.orders.timing import drop, promise, promise_end
from core.payments.commands import open_payment
from core.people.models import Person
from core.prepared import Prepared, PreparedChange


CODE_DIGITS = 4
RESTING = frozenset({Why.PAUSED, Why.UNREACHABLE})


class ContactlessCash(Invalid):
    """Nobody can pay in cash without opening the door."""

    code = "contactless_cash"
    title = "An order left at the door is a delivery paid in advance."


class ShopClosed(Conflict):
    """Closed, or outside its hours at the moment the order is for."""

    code = "shop_closed"
    title = "The shop takes no orders at that time."


class ShopPaused(Conflict):
    """The shop takes a rest, or nobody is there who would hear an order come."""

    code = "shop_paused"
    title = "The shop takes no orders for a while."


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What the customer adds to a quote."""

    payment_method: PaymentMethod
    contact_name: str
    contact_phone: str
    note: str = ""
    release_at: datetime | None = None
    sold_out_preference: str = "refund"
    is_contactless: bool = False
    """Leave it at the door."""


_merchant = Prepared(lambda pk: Merchant.objects.select_related("zone").filter(pk=pk), UUID)
_count_order = PreparedChange(
    lambda pk: Merchant.objects.filter(pk=pk),
    UUID,
    changes=lambda _pk: {"next_order_number": F("next_order_number") + 1},
)
_next_number = Prepared(
    lambda pk: Merchant.objects.filter(pk=pk).values_list("next_order_number", flat=True), UUID
)


def place_order(*, customer: Person, quote: Quote, placement: Placement, work: Work) -> Order:
    """Make the order: stock is taken, and it waits for money or, paid in cash, for the shop.

    :raises ShopClosed: at the time the order is for; why, and when again, is in the members.
    :raises ShopPaused: the shop rests at that time.
    :raises SoldOut: less is left than was asked for.
    :raises ContactlessCash: it is to be left at the door, and paid or collected there.
    """
    _check_door(quote, placement)
    [merchant] = _merchant(quote.merchant_id)
    _check_time(merchant, placement.release_at, now=work.now)
    order = work.hold(_create(customer, merchant, quote, placement, work.now))
    # A new order has no leg: nobody need look for one.
    Order._meta.get_field("leg").set_cached_value(order, None)
    # After the number: the shop's row is locked before its items, as everywhere.
    reserve({line.item_id: line.quantity for line in quote.lines})
    order.made_lines = tuple(
        OrderLine(
            order_id=order.pk,
            item_id=line.item_id,
            name=line.name,
            unit_minor=line.unit_minor,
            quantity=line.quantity,
            ordered_quantity=line.quantity,
            position=position,
        )
        for position, line in enumerate(quote.lines)
    )
    insert(order.made_lines)
    open_payment(order=order, work=work)
    promise_end(order=order, work=work)
    if order.payment_method == PaymentMethod.CASH:
        confirm_payment(order=order, work=work)
    else:
        due_at = work.now + TIMINGS.payment
        promise(DEADLINE_PAYMENT, order=order, due_at=due_at, work=work)
        state_fact(ORDER_PAYMENT_PENDING, order=order, work=work)
    return order


def confirm_payment(*, order: Order, work: Work) -> None:
    """The money is there, or is paid in cash: the shop may accept the order.

    :raises IllegalStep: it no longer waits for money.
    """
    require(Trigger.PAY, order=order, work=work)
    order.apply(Trigger.PAY, now=work.now)
    order.save()
    if order.payment_method != PaymentMethod.CASH:
        drop(DEADLINE_PAYMENT, order=order)
    state_fact(ORDER_PLACED, order=order, work=work)
    if order.merchant.auto_accept:
        with unit_of_work(now=work.now, actor=SYSTEM) as own:
            accept_order(order=order, work=own)
        return
    promise(DEADLINE_ACCEPT, order=order, due_at=work.now + TIMINGS.accept, work=work)
    remind_at = work.now + TIMINGS.accept_reminder
    promise(DEADLINE_ACCEPT_REMINDER, order=order, due_at=remind_at, work=work)


def _check_door(quote: Quote, placement: Placement) -> None:
    is_paid = placement.payment_method == PaymentMethod.ONLINE
    if placement.is_contactless and not (is_paid and quote.fulfilment == Fulfilment.DELIVERY):
        raise ContactlessCash


def _check_time(merchant: Merchant, release_at: datetime | None, *, now: datetime) -> None:
    if release_at is not None and not now < release_at <= now + TIMINGS.schedule_ahead:
        raise Invalid("an order is scheduled for a time within the next days")
    hours = get_hours(merchant.pk)
    found = get_availability(merchant, release_at or now, hours=hours)
    if found.why is not None:
        refusal = ShopPaused if found.why in RESTING else ShopClosed
        raise refusal(why=found.why.value, again_at=iso(found.again_at))


def _create(
    customer: Person, merchant: Merchant, quote: Quote, placement: Placement, now: datetime
) -> Order:
    start = placement.release_at or now
    dropoff = quote.dropoff
    return Order.objects.create(
        number=_take_number(merchant),
        merchant=merchant,
        customer=customer,
        fulfilment=quote.fulfilment,
        state=State.PENDING_PAYMENT,
        payment_method=placement.payment_method,
        currency=quote.currency,
        items_minor=quote.items_minor,
        delivery_fee_minor=quote.delivery_fee_minor,
        total_minor=quote.total_minor,
        note=placement.note,
        contact_name=placement.contact_name,
        contact_phone=placement.contact_phone,
        dropoff_address=dropoff.address if dropoff else "",
        dropoff_latitude=dropoff.latitude if dropoff else None,
        dropoff_longitude=dropoff.longitude if dropoff else None,
        handover_code=f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}",
        sold_out_preference=placement.sold_out_preference,
        is_contactless=placement.is_contactless,
        created_at=now,
        release_at=placement.release_at,
        promised_ready_at=start + timedelta(minutes=merchant.preparation_minutes_at(start)),
        promised_at=start + timedelta(minutes=quote.promised_minutes),
    )


def _take_number(merchant: Merchant) -> int:
    """Count one more order of the shop; its row stays locked, so numbers have no gaps."""
    _count_order(merchant.pk)
    return _next_number(merchant.pk)[0] - 1
