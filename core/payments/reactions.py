"""Money follows the order: voided or given back at a cancellation, collected at the end."""

from core.events.catalogue import (
    ORDER_ACCEPT_EXPIRED,
    ORDER_ADJUSTED,
    ORDER_CANCELLED,
    ORDER_CANCELLED_AFTER_ACCEPTANCE,
    ORDER_COMPLETED,
    ORDER_CONVERTED,
    ORDER_REJECTED,
)
from core.events.facts import Fact
from core.events.work import Work, reacts_to
from core.orders.access import read_order
from core.orders.policy import RefundReason
from core.orders.states import State
from core.payments.commands import collect_cash, end_payment, follow_total


@reacts_to(ORDER_CANCELLED, ORDER_CANCELLED_AFTER_ACCEPTANCE, ORDER_REJECTED, ORDER_ACCEPT_EXPIRED)
def give_money_back(fact: Fact, work: Work) -> None:
    """End the payment of an order that ended without a meal."""
    order = read_order(fact.subject.id)
    if order.state == State.CANCELLED:
        end_payment(order=order, reason=order.cancel_reason, work=work)


@reacts_to(ORDER_ADJUSTED)
def follow_adjustment(fact: Fact, work: Work) -> None:
    """Owe, or keep, no more than the new total."""
    order = read_order(fact.subject.id)
    follow_total(order=order, reason=RefundReason.ADJUSTED, work=work)


@reacts_to(ORDER_CONVERTED)
def follow_conversion(fact: Fact, work: Work) -> None:
    """Give the delivery fee back, or do not ask for it."""
    order = read_order(fact.subject.id)
    follow_total(order=order, reason=RefundReason.CONVERTED, work=work)


@reacts_to(ORDER_COMPLETED)
def collect(fact: Fact, work: Work) -> None:  # noqa: ARG001  a reaction
    """Cash changed hands at the door or over the counter."""
    collect_cash(order=read_order(fact.subject.id))
