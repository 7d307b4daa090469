"""What the provider says happened, taken in once: on time, late, twice or in the wrong amount."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from pydantic import BaseModel, ConfigDict, Field

from core.database import run_repeatedly
from core.errors import NotFound
from core.events.catalogue import PAYMENT_CAME_LATE, PAYMENT_FAILED, PAYMENT_SUCCEEDED
from core.events.facts import Actor
from core.events.work import Work, unit_of_work
from core.orders.access import lock_order
from core.orders.facts import state_fact
from core.orders.models import Order
from core.orders.placing import confirm_payment
from core.orders.states import State
from core.payments.commands import lock_payment, request_refund
from core.payments.models import Payment, ProviderCallback
from core.payments.states import UNPAID, PaymentState, PaymentTrigger


LARGEST_AMOUNT = 2**31 - 1


class Callback(BaseModel):
    """One thing that happened at the provider; members we do not know are let pass."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    event_id: str = Field(min_length=1, max_length=64)
    type: Literal["payment.succeeded", "payment.failed"]
    charge_id: str = Field(min_length=1, max_length=64)
    reference: str = Field(min_length=1, max_length=64)
    amount_minor: int = Field(gt=0, le=LARGEST_AMOUNT)
    currency: str = Field(min_length=3, max_length=3)
    occurred_at: datetime


def receive_callback(*, provider: str, callback: Callback, now: datetime) -> str:
    """Act on the callback and return the outcome; the same event again returns the same.

    Outcomes: captured, failed, ignored, repeated, late, unequal.

    :raises NotFound: the reference is not one of ours.
    """
    return run_repeatedly(lambda: _receive(provider, callback, now))


def _receive(provider: str, callback: Callback, now: datetime) -> str:
    payment_id = _payment_id(callback)
    with unit_of_work(now=now, actor=Actor("provider", provider)) as work:
        row, fresh = _claim(provider, callback, now)
        if not fresh:
            return row.outcome
        known = Payment.objects.filter(pk=payment_id, provider=provider).first()
        if known is None:
            raise NotFound
        order = lock_order(known.order_id)
        payment = lock_payment(order)
        if payment is None:
            raise NotFound
        # One instance of the order for both, so that neither writes over the other's version.
        payment.order = order
        act = _succeed if callback.type == "payment.succeeded" else _fail
        row.outcome = act(payment, callback, work)
        row.save(update_fields=["outcome"])
        return row.outcome


def _claim(provider: str, callback: Callback, now: datetime) -> tuple[ProviderCallback, bool]:
    """Insert the event, waiting for a twin in flight; the twin's row when it committed first."""
    try:
        with transaction.atomic():
            row = ProviderCallback.objects.create(
                provider=provider,
                event_id=callback.event_id,
                type=callback.type,
                body=callback.model_dump(mode="json"),
                received_at=now,
                outcome="",
            )
    except IntegrityError:
        rows = ProviderCallback.objects.select_for_update()
        return rows.get(provider=provider, event_id=callback.event_id), False
    return row, True


def _succeed(payment: Payment, callback: Callback, work: Work) -> str:
    order = payment.order
    if _is_known_money(payment, callback):
        return "repeated"
    if callback.amount_minor != payment.amount_minor or callback.currency != payment.currency:
        _fail(payment, callback, work)
        _return(payment, callback, "unequal", work)
        return "unequal"
    if payment.state not in UNPAID or order.state != State.PENDING_PAYMENT:
        _return(payment, callback, "late", work)
        state_fact(PAYMENT_CAME_LATE, order=order, work=work)
        return "late"
    payment.charge_id = callback.charge_id
    payment.apply(PaymentTrigger.CAPTURE)
    payment.save()
    state_fact(PAYMENT_SUCCEEDED, order=order, work=work)
    confirm_payment(order=order, work=work)
    return "captured"


def _fail(payment: Payment, callback: Callback, work: Work) -> str:
    """Let the customer try again; the order still waits until its own deadline."""
    current = not payment.charge_id or payment.charge_id == callback.charge_id
    if payment.state != PaymentState.CREATED or not current:
        return "ignored"
    payment.apply(PaymentTrigger.FAIL)
    payment.save()
    order: Order = payment.order
    order.touch()
    order.save(update_fields=["version"])
    state_fact(PAYMENT_FAILED, order=order, work=work)
    return "failed"


def _is_known_money(payment: Payment, callback: Callback) -> bool:
    """Whether this very charge was counted before, under another event id."""
    if payment.state not in UNPAID and payment.charge_id == callback.charge_id:
        return payment.state != PaymentState.VOIDED
    return payment.refunds.filter(charge_id=callback.charge_id, is_of_payment=False).exists()


def _return(payment: Payment, callback: Callback, reason: str, work: Work) -> None:
    request_refund(
        payment=payment,
        reason=reason,
        amount_minor=callback.amount_minor,
        charge_id=callback.charge_id,
        work=work,
    )


def _payment_id(callback: Callback) -> UUID:
    try:
        return UUID(callback.reference.partition(":")[0])
    except ValueError as error:
        raise NotFound from error
