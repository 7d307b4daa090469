"""Reading endpoints, what went to them, and how their queue stands."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Min, Q

from core.errors import NotFound
from notifications.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery
from notifications.webhooks.states import OPEN, WAITING, HookState
from notifications.webhooks.views import delivery_story, delivery_view, webhook_view


SHOWN: Final = 20
TO_SEND: Final = WAITING | {HookState.LEASED}


def get_webhooks(merchant_id: UUID, *, now: datetime) -> list[dict[str, Any]]:
    """Endpoints of a shop with the number of messages in each state, the oldest first."""
    webhooks = Webhook.objects.present().filter(merchant=merchant_id).order_by("pk")
    rows = list(webhooks)
    counts = _count_open(row.pk for row in rows)
    return [
        {**webhook_view(row, now=now), "waiting": counts.get(row.pk, _nothing())} for row in rows
    ]


def get_webhook(webhook: Webhook, *, now: datetime) -> dict[str, Any]:
    """One endpoint as the list of its shop shows it."""
    counts = _count_open([webhook.pk])
    return {
        **webhook_view(webhook, now=now),
        "waiting": counts.get(webhook.pk, _nothing()),
    }


def get_deliveries(
    webhook: Webhook, *, state: HookState | None, before: int | None, limit: int
) -> dict[str, Any]:
    """Deliveries of an endpoint, the newest first; `before` is the `next` of the page before."""
    rows = WebhookDelivery.objects.filter(webhook=webhook).select_related("message")
    if state is not None:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: limit + 1])
    return {
        "items": [delivery_view(row) for row in found[:limit]],
        "next": found[limit - 1].pk if len(found) > limit else None,
    }


def get_delivery(webhook: Webhook, delivery_id: int) -> dict[str, Any]:
    """One delivery with its attempts and its body.

    :raises NotFound: the endpoint has none of that number.
    """
    rows = WebhookDelivery.objects.filter(webhook=webhook, pk=delivery_id)
    row = rows.select_related("message").first()
    if row is None:
        raise NotFound
    tries = WebhookAttempt.objects.filter(delivery=row).order_by("number", "pk")
    return delivery_story(row, tries)


def get_queue() -> tuple[int, datetime | None]:
    """How many messages wait to be sent, and since when the longest waiting one does."""
    rows = WebhookDelivery.objects.filter(state__in=list(TO_SEND))
    found = rows.aggregate(count=Count("pk"), oldest=Min("created_at"))
    return found["count"], found["oldest"]


def get_ailing(*, now: datetime) -> list[dict[str, Any]]:
    """Endpoints that fail or were disabled for failing, the longest first."""
    ailing = Q(failing_since__isnull=False) | ~Q(disabled_code__in=["", "by_person"])
    rows = Webhook.objects.present().filter(ailing).select_related("merchant")
    return [
        {**webhook_view(row, now=now), "merchant_name": row.merchant.name}
        for row in rows.order_by("failing_since", "pk")[:SHOWN]
    ]


def _nothing() -> dict[str, Any]:
    return {"count": 0, "since": None}


def _count_open(ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = WebhookDelivery.objects.filter(webhook__in=list(ids), state__in=list(OPEN))
    counted = rows.values("webhook_id").annotate(count=Count("pk"), since=Min("created_at"))
    return {
        each["webhook_id"]: {"count": each["count"], "since": each["since"]} for each in counted
    }
