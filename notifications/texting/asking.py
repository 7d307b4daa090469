"""Which texts a vendor is asked about because nothing has told how they ended, and when again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Max

from core.clock import clock
from core.database import run_repeatedly
from core.events.facts import SYSTEM
from core.events.work import unit_of_work
from notifications.channels.sms_provider import Unconfirmed
from notifications.escalation import Channel
from notifications.models import Attempt, Delivery, SentText
from notifications.states import DeliveryState
from notifications.texting.rounds import out_id_of


ASK_LIMIT: Final = 50
FIRST_ASK_SECONDS: Final = 30.0
"""Receipts mostly come by themselves before."""
LAST_ASK_SECONDS: Final = 72 * 3600.0
"""Vendors' networks tell nothing later; between the two each wait is twice the one before."""
PURGE_LIMIT: Final = 1000
KEPT_SECONDS: Final = 25 * 3600.0

OPEN: Final = (DeliveryState.SENT, DeliveryState.UNCERTAIN)

Questions = dict[tuple[Channel, str], list[Unconfirmed]]
"""By channel and vendor."""


def first_ask_at(now: datetime) -> datetime:
    """When to ask about a text that was handed over at `now`."""
    return now + clock().technical(FIRST_ASK_SECONDS)


def claim_questions(*, now: datetime) -> Questions:
    """Return what to ask now, a bounded number; each is put off before anybody is asked."""
    return run_repeatedly(lambda: _claim_questions(now))


def _claim_questions(now: datetime) -> Questions:
    due = Delivery.objects.filter(ask_at__lte=now)
    if not due.exists():
        return {}
    with unit_of_work(now=now, actor=SYSTEM):
        rows = list(due.select_for_update(skip_locked=True).order_by("ask_at")[:ASK_LIMIT])
        sent = _sent_at([row.pk for row in rows])
        for row in rows:
            row.ask_at = _next_ask_at(row, sent.get(row.pk, row.due_at), now=now)
        Delivery.objects.bulk_update(rows, ["ask_at"])
        return _questions([row.pk for row in rows if row.state in OPEN], sent)


def _next_ask_at(row: Delivery, sent_at: datetime, *, now: datetime) -> datetime | None:
    age = now - sent_at
    if row.state not in OPEN or age >= clock().technical(LAST_ASK_SECONDS):
        return None
    return now + max(age, clock().technical(FIRST_ASK_SECONDS))


def _sent_at(ids: Iterable[UUID]) -> dict[UUID, datetime]:
    tries: Any = Attempt.objects.filter(delivery__in=list(ids)).values_list("delivery_id")
    return dict(tries.annotate(sent_at=Max("started_at")))


def _questions(ids: Iterable[UUID], sent: dict[UUID, datetime]) -> Questions:
    questions: Questions = {}
    rows = Delivery.objects.filter(pk__in=list(ids)).select_related("recipient__person")
    for row in rows:
        if row.recipient is None or not row.provider:
            continue
        asked = Unconfirmed(
            out_id=out_id_of(row.pk, row.replay_count),
            provider_id=row.provider_id,
            to=row.recipient.person.phone,
            sent_at=sent.get(row.pk, row.due_at),
        )
        questions.setdefault((Channel(row.channel), row.provider), []).append(asked)
    return questions


def purge_texts(*, now: datetime) -> int:
    """Forget texts that no limit looks back to, a bounded number; return how many."""
    old = SentText.objects.filter(sent_at__lt=now - clock().technical(KEPT_SECONDS))
    ids = list(old.order_by("sent_at").values_list("pk", flat=True)[:PURGE_LIMIT])
    return SentText.objects.filter(pk__in=ids).delete()[0] if ids else 0
