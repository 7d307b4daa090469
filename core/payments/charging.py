"""The customer goes to pay: the provider is asked between two transactions, never inside one."""

from datetime import datetime
from uuid import UUID

from core.database import run_repeatedly
from core.environment import environment
from core.errors import Invalid, NotAllowed, NotFound
from core.events.catalogue import PAYMENT_OPENED
from core.events.facts import Actor
from core.events.work import unit_of_work
from core.orders.access import access_order
from core.orders.conflicts import IllegalStep, conflict
from core.orders.facts import state_fact
from core.orders.models import Order
from core.orders.states import State
from core.payments import provider
from core.payments.commands import lock_payment
from core.payments.models import CASH, Payment
from core.payments.states import PaymentState
from core.people.models import Person


class PaidInCash(Invalid):
    """Nobody asks a provider for cash."""

    code = "paid_in_cash"
    title = "This order is paid in cash."


def begin_payment(*, person: Person, order_id: UUID, now: datetime) -> Payment:
    """Return the customer's payment with the address where to pay.

    Again is harmless: the same charge comes back until the provider has refused it.

    :raises NotFound: not the person's order.
    :raises PaidInCash: there is nothing to open.
    :raises IllegalStep: the order no longer waits for money.
    :raises core.payments.provider.ProviderUnavailable: ask again.
    """
    payment = run_repeatedly(lambda: _prepare(person, order_id, now))
    if payment.pay_url:
        return payment
    charge = provider.open_charge(
        order_id=str(order_id),
        reference=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        return_url=f"{environment().public_url}/orders/{order_id}",
    )
    return run_repeatedly(lambda: _keep(person, payment, charge, now))


def _prepare(person: Person, order_id: UUID, now: datetime) -> Payment:
    with unit_of_work(now=now, actor=Actor("customer", str(person.pk))):
        order, role = access_order(person, order_id, lock=True)
        if role != "customer":
            raise NotAllowed
        payment = _open_payment_of(order)
        if payment.state == PaymentState.FAILED:
            payment.retry()
            payment.save()
        return payment


def _keep(person: Person, asked: Payment, charge: provider.Charge, now: datetime) -> Payment:
    """Store the charge unless a twin of this request did."""
    with unit_of_work(now=now, actor=Actor("customer", str(person.pk))) as work:
        order, _role = access_order(person, asked.order_id, lock=True)
        payment = _open_payment_of(order)
        if payment.reference == asked.reference and not payment.charge_id:
            payment.open_charge(charge_id=charge.charge_id, pay_url=charge.pay_url)
            payment.save()
            order.touch()
            order.save(update_fields=["version"])
            state_fact(PAYMENT_OPENED, order=order, work=work)
        return payment


def _open_payment_of(order: Order) -> Payment:
    payment = lock_payment(order)
    if payment is None:
        raise NotFound
    if payment.provider == CASH:
        raise PaidInCash
    if order.state != State.PENDING_PAYMENT:
        raise conflict(IllegalStep, order=order, role="customer")
    return payment
