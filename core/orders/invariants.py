"""What must be true of the whole database at any moment; each function lists what breaks it."""

from collections.abc import Callable, Iterator
from typing import Final

from django.db.models import Count, F, Max, Min, Q, Sum

from core.deadlines.models import Deadline
from core.events.models import Stream, StreamEntry
from core.legs.models import DeliveryLeg
from core.legs.states import ENDED, WITH_COURIER
from core.orders.models import Order
from core.orders.policy import DEADLINE_HOLD, Fulfilment
from core.orders.states import State
from core.payments.models import Payment
from core.payments.states import PAID, UNPAID, PaymentState, RefundState


def find_orphan_legs() -> Iterator[str]:
    """Legs that outlive their order, or that nobody has though they are on the way."""
    legs = DeliveryLeg.objects
    for leg in legs.filter(order__ended_at__isnull=False).exclude(state__in=ENDED):
        yield f"leg {leg.pk} is {leg.state} though its order has ended"
    for leg in legs.filter(courier__isnull=True, state__in=WITH_COURIER):
        yield f"leg {leg.pk} is {leg.state} without a courier"
    for leg in legs.filter(ended_at__isnull=True, state__in=ENDED):
        yield f"leg {leg.pk} is {leg.state} without an end"


def find_deliveries_without_leg() -> Iterator[str]:
    """Accepted deliveries whose search for a courier neither began nor is promised."""
    searching = (State.ACCEPTED, State.PREPARING, State.READY, State.HANDED_OVER)
    orders = Order.objects.filter(
        fulfilment=Fulfilment.DELIVERY, state__in=searching, leg__isnull=True
    )
    promised = Deadline.objects.filter(kind="order.release_at").values_list("subject", flat=True)
    for order_id in orders.exclude(pk__in=promised).values_list("pk", flat=True):
        yield f"order {order_id} has no leg"


def find_stuck_orders() -> Iterator[str]:
    """Live orders that nothing will ever end, and promises about orders that have ended."""
    running = set(
        Deadline.objects.filter(kind__startswith="order.", held_at__isnull=True).values_list(
            "subject", flat=True
        )
    )
    live = dict(Order.objects.filter(ended_at__isnull=True).values_list("pk", "held_at"))
    for order_id in live.keys() - running:
        yield f"order {order_id} has no next deadline"
    ended = Order.objects.filter(ended_at__isnull=False)
    for order_id in ended.filter(pk__in=running).values_list("pk", flat=True):
        yield f"order {order_id} has ended and still has a deadline"
    holding = set(Deadline.objects.filter(kind=DEADLINE_HOLD).values_list("subject", flat=True))
    held = {order_id for order_id, held_at in live.items() if held_at is not None}
    for order_id in held ^ holding:
        yield f"order {order_id} is held without a release, or the other way round"


def find_stream_gaps() -> Iterator[str]:
    """Streams whose entries between floor and head are not exactly one for each number."""
    entries = {
        row["topic"]: row
        for row in StreamEntry.objects.values("topic").annotate(
            count=Count("seq"), first=Min("seq"), last=Max("seq")
        )
    }
    for stream in Stream.objects.all():
        row = entries.pop(stream.topic, None)
        count = row["count"] if row else 0
        whole = row is None or (row["first"] == stream.floor + 1 and row["last"] == stream.head)
        if count != stream.head - stream.floor or not whole:
            yield f"stream {stream.topic} has a gap between {stream.floor} and {stream.head}"
    for topic in entries:
        yield f"stream {topic} has entries and no head"


def find_money_astray() -> Iterator[str]:
    """Payments whose refunds do not add up, or that outlive a cancelled order."""
    own = Q(refunds__is_of_payment=True)
    payments = Payment.objects.select_related("order").annotate(
        promised=Sum("refunds__amount_minor", filter=own),
        given=Sum("refunds__amount_minor", filter=own & Q(refunds__state=RefundState.SUCCEEDED)),
    )
    for payment in payments.iterator():
        promised, given = payment.promised or 0, payment.given or 0
        if given != payment.refunded_minor or promised > payment.amount_minor:
            yield f"payment {payment.pk}: {promised} promised of {payment.amount_minor}"
        if payment.order.state == State.CANCELLED:
            yield from _unsettled(payment, promised)


def _unsettled(payment: Payment, promised: int) -> Iterator[str]:
    if payment.state in UNPAID:
        yield f"payment {payment.pk} is {payment.state} though its order was cancelled"
    paid = payment.state in PAID | {PaymentState.REFUNDED}
    if paid and promised != payment.amount_minor:
        yield f"payment {payment.pk}: {promised} of {payment.amount_minor} goes back"


def find_wrong_totals() -> Iterator[str]:
    """Orders that do not cost what their lines cost."""
    priced = Order.objects.annotate(lines_minor=Sum(F("lines__unit_minor") * F("lines__quantity")))
    for order in priced.exclude(lines_minor=F("items_minor")):
        yield f"order {order.pk} costs {order.items_minor}, its lines {order.lines_minor}"


INVARIANTS: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "orphan_legs": find_orphan_legs,
    "deliveries_without_leg": find_deliveries_without_leg,
    "stuck_orders": find_stuck_orders,
    "stream_gaps": find_stream_gaps,
    "money_astray": find_money_astray,
    "wrong_totals": find_wrong_totals,
}
