"""The loop that gives money back: claim, commit, ask the provider, store what it said.

A worker that dies between asking and storing leaves the refund claimed until its lease ends; the
next one asks again with the same refund id, which the provider carries out once.
"""

import threading
from datetime import datetime
from uuid import UUID

import structlog
from django.db import OperationalError, close_old_connections, transaction

from core.bell import bell
from core.clock import clock
from core.database import run_repeatedly
from core.events.catalogue import REFUND_FAILED, REFUND_SUCCEEDED
from core.events.facts import Actor
from core.events.work import Work, unit_of_work
from core.orders.access import lock_order
from core.orders.facts import state_fact
from core.payments import provider
from core.payments.commands import SETTLEMENT_GROUP, lock_payment
from core.payments.models import Payment, Refund
from core.payments.states import RefundState
from core.quiet import quiet


log = structlog.get_logger(__name__)

BATCH = 20
LEASE_SECONDS = 30.0
"""Real seconds in which a claimed refund is left to its worker; above the provider's timeout."""
IDLE_SECONDS = 1.0
"""Real seconds between polls when no bell rings."""
FIRST_DELAY_SECONDS = 1.0
MAX_DOUBLINGS = 8


def run_settlement(stop: threading.Event) -> None:
    """Settle refunds until `stop` is set; survives a database that comes and goes."""
    woken = quiet.wakes(bell.waker(SETTLEMENT_GROUP))
    while not stop.is_set():
        close_old_connections()
        try:
            settled = settle_due(now=clock().now())
            wait = 0.0 if settled else _seconds_to_wait()
        except OperationalError as error:
            log.warning("settlement.database_unavailable", error=str(error))
            wait = IDLE_SECONDS
        if wait > 0:
            woken.wait(wait)
        woken.clear()


def _seconds_to_wait() -> float:
    rest = quiet.rest_seconds(IDLE_SECONDS)
    if rest <= IDLE_SECONDS:
        return rest
    waiting = Refund.objects.filter(state=RefundState.REQUESTED).order_by("due_at")
    due_at = waiting.values_list("due_at", flat=True).first()
    ahead = clock().real_seconds(due_at - clock().now()) if due_at else rest
    return min(max(ahead, IDLE_SECONDS), rest)


def settle_due(*, now: datetime) -> int:
    """Claim what is due at `now` and ask the provider for each; return how many were asked."""
    refunds = run_repeatedly(lambda: claim_due(now=now))
    for refund in refunds:
        try:
            _ask(refund, now=now)
        except OperationalError:
            raise
        except Exception:
            log.exception("settlement.failed", refund=str(refund.pk))
    return len(refunds)


def claim_due(*, now: datetime) -> list[Refund]:
    """Take a lease on due refunds; nobody else gets them until it ends."""
    until = now + clock().technical(LEASE_SECONDS)
    due = Refund.objects.filter(state=RefundState.REQUESTED, due_at__lte=now)
    if not due.exists():  # nearly always, and a transaction would take SQLite's only lock
        return []
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True).order_by("due_at")[:BATCH])
        for refund in rows:
            refund.claim(until=until)
            refund.save(update_fields=["attempts", "due_at", "version"])
    return rows


def _ask(refund: Refund, *, now: datetime) -> None:
    try:
        provider.give_back(
            charge_id=refund.charge_id,
            refund_id=str(refund.pk),
            amount_minor=refund.amount_minor,
        )
    except provider.ProviderUnavailable:
        run_repeatedly(lambda: _postpone(refund.pk, now=now))
    except provider.ProviderRefused as refusal:
        code = refusal.provider_code
        run_repeatedly(lambda: _store(refund, RefundState.FAILED, now=now, provider_code=code))
    else:
        run_repeatedly(lambda: _store(refund, RefundState.SUCCEEDED, now=now))


def _postpone(refund_id: UUID, *, now: datetime) -> None:
    with transaction.atomic():
        refund = Refund.objects.select_for_update().get(pk=refund_id)
        if refund.state != RefundState.REQUESTED:
            return
        doublings = min(max(refund.attempts - 1, 0), MAX_DOUBLINGS)
        delay = clock().technical(FIRST_DELAY_SECONDS * 2**doublings)
        refund.postpone(until=now + delay, provider_code="unavailable")
        refund.save(update_fields=["due_at", "provider_code", "version"])


def _store(asked: Refund, outcome: RefundState, *, now: datetime, provider_code: str = "") -> None:
    """Write the provider's last word; a worker that comes second finds it written."""
    payment = Payment.objects.get(pk=asked.payment_id)
    with unit_of_work(now=now, actor=Actor("provider", payment.provider)) as work:
        order = lock_order(payment.order_id)
        locked = lock_payment(order)
        refund = Refund.objects.select_for_update().get(pk=asked.pk)
        if locked is None or refund.state != RefundState.REQUESTED:
            return
        locked.order = order
        refund.settle(outcome, provider_code=provider_code)
        refund.save(update_fields=["state", "provider_code", "version"])
        _tell(locked, refund, work)


def _tell(payment: Payment, refund: Refund, work: Work) -> None:
    order = payment.order
    succeeded = refund.state == RefundState.SUCCEEDED
    if succeeded and refund.is_of_payment:
        payment.give_back(refund.amount_minor)
        payment.save()
    if not succeeded:
        order.is_flagged = True
    order.touch()
    order.save(update_fields=["version", "is_flagged"])
    state_fact(
        REFUND_SUCCEEDED if succeeded else REFUND_FAILED,
        order=order,
        work=work,
        data={
            "refund_id": refund.pk,
            "reason": refund.reason,
            "amount_minor": refund.amount_minor,
            "provider_code": refund.provider_code,
        },
    )
