"""Owing, voiding and giving back the money of an order: part of the caller's transaction."""

from django.db.models import Sum

from core.environment import environment
from core.errors import Invalid
from core.events.catalogue import REFUND_REQUESTED
from core.events.work import Work
from core.orders.facts import state_fact
from core.orders.models import Order
from core.orders.policy import PaymentMethod, RefundReason
from core.payments.models import CASH, Payment, Refund
from core.payments.states import PAID, UNPAID, PaymentState, PaymentTrigger, RefundState


SETTLEMENT_GROUP = "wake-settlement"

FOLLOWING_STATE_FIELDS = ["state", "version"]


class PaymentUnavailable(Invalid):
    """No provider takes money on this installation."""

    code = "payment_unavailable"
    title = "Online payment is not available here; pay in cash."


def open_payment(order: Order, work: Work) -> Payment:  # noqa: ARG001  part of its transaction
    """Write down what the customer owes; the provider is asked later, outside a transaction.

    :raises PaymentUnavailable: when the order is to be paid online and no provider is set.
    """
    provider = CASH
    if order.payment_method == PaymentMethod.ONLINE:
        provider = environment().payment_provider
        if provider == "none":
            raise PaymentUnavailable
    return Payment.objects.create(
        order=order,
        provider=provider,
        amount_minor=order.total_minor,
        currency=order.currency,
    )


def lock_payment(order: Order) -> Payment | None:
    """Return the order's payment, which the order's own lock guards; the caller holds that."""
    return getattr(order, "payment", None)


def end_payment(*, order: Order, reason: str, work: Work) -> None:
    """The order was cancelled: void what nobody paid, give back what is not kept."""
    payment = lock_payment(order)
    if payment is None:
        return
    if payment.state in UNPAID:
        payment.apply(PaymentTrigger.VOID)
        payment.save(update_fields=FOLLOWING_STATE_FIELDS)
    elif payment.state in PAID:
        _refund_down_to(order.kept_minor, payment=payment, reason=reason, work=work)


def follow_total(*, order: Order, reason: RefundReason, work: Work) -> None:
    """The total changed: owe the new total, or give back what was paid above it."""
    payment = lock_payment(order)
    if payment is None:
        return
    if payment.state in PAID:
        _refund_down_to(order.total_minor, payment=payment, reason=reason, work=work)
    elif payment.provider == CASH and payment.state in UNPAID:
        payment.amount_minor = order.total_minor
        payment.save(update_fields=["amount_minor"])


def collect_cash(*, order: Order) -> None:
    """The order is complete, so the cash is in the hands of the courier or the shop."""
    payment = lock_payment(order)
    if payment is None or payment.provider != CASH or payment.state != PaymentState.CREATED:
        return
    payment.apply(PaymentTrigger.CAPTURE)
    payment.save(update_fields=FOLLOWING_STATE_FIELDS)


def request_refund(
    *,
    payment: Payment,
    reason: str,
    amount_minor: int,
    charge_id: str | None = None,
    work: Work,
) -> Refund:
    """Write down that money goes back; `charge_id` when it is not the payment's own."""
    number = Refund.objects.filter(payment=payment, reason=reason).count() + 1
    refund = Refund.objects.create(
        payment=payment,
        reason=reason,
        number=number,
        charge_id=charge_id or payment.charge_id,
        is_of_payment=charge_id is None,
        amount_minor=amount_minor,
        due_at=work.now,
    )
    state_fact(
        REFUND_REQUESTED,
        order=payment.order,
        work=work,
        data={"refund_id": refund.pk, "reason": reason, "amount_minor": amount_minor},
    )
    work.wake(SETTLEMENT_GROUP)
    return refund


def _refund_down_to(keep_minor: int, *, payment: Payment, reason: str, work: Work) -> None:
    promised = (
        payment.refunds.filter(is_of_payment=True)
        .exclude(state=RefundState.FAILED)
        .aggregate(total=Sum("amount_minor"))["total"]
        or 0
    )
    excess = payment.amount_minor - promised - keep_minor
    if excess > 0 and payment.provider != CASH:
        request_refund(payment=payment, reason=reason, amount_minor=excess, work=work)
