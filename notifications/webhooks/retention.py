"""What no attempt decides: rows held by a race, and messages that have served their time."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from core.database import run_repeatedly
from core.events.facts import SYSTEM
from core.events.work import unit_of_work
from notifications.webhooks.models import (
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookMessage,
)
from notifications.webhooks.states import HookState
from notifications.webhooks.switching import release_held


KEEP: Final = timedelta(days=14)
"""How long a message is kept, and so how far back it can be replayed or wait to be taken."""
BATCH: Final = 500


def release_stragglers(*, now: datetime) -> int:
    """Let go on what was written as held while its endpoint was just being enabled."""
    held = WebhookDelivery.objects.filter(state=HookState.HELD).values_list("webhook_id")
    live = Webhook.objects.present().filter(pk__in=held.distinct(), disabled_at__isnull=True)
    ids = list(live.values_list("pk", flat=True))
    return sum(run_repeatedly(partial(_release, pk, now)) for pk in ids)


def _release(webhook_id: UUID, now: datetime) -> int:
    with unit_of_work(now=now, actor=SYSTEM) as work:
        live = Webhook.objects.present().filter(pk=webhook_id, disabled_at__isnull=True)
        webhook = live.select_for_update().first()
        return release_held(webhook, work=work) if webhook else 0


def remove_old_messages(*, now: datetime) -> int:
    """Remove one batch of messages that are older than two weeks, with all that hangs on them."""
    old = WebhookMessage.objects.filter(created_at__lt=now - KEEP).order_by("created_at")
    ids = list(old.values_list("pk", flat=True)[:BATCH])
    return run_repeatedly(lambda: _remove(ids, now)) if ids else 0


def _remove(ids: list[UUID], now: datetime) -> int:
    with unit_of_work(now=now, actor=SYSTEM):
        deliveries = WebhookDelivery.objects.filter(message__in=ids)
        rows = list(deliveries.values_list("pk", flat=True))
        WebhookAttempt.objects.filter(delivery__in=rows).delete()
        WebhookDelivery.objects.filter(pk__in=rows).delete()
        WebhookMessage.objects.filter(pk__in=ids).delete()
        return len(ids)
