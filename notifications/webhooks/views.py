"""Endpoints, deliveries and attempts as their owner sees them; never a secret."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from notifications.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery


def webhook_view(webhook: Webhook, *, now: datetime) -> dict[str, Any]:
    """One endpoint."""
    overlap = webhook.old_secret_until if len(webhook.secrets(now)) > 1 else None
    return {
        "id": webhook.pk,
        "merchant_id": webhook.merchant_id,
        "kind": "pull" if webhook.is_queue else "push",
        "url": webhook.url,
        "description": webhook.description,
        "event_types": webhook.event_types,
        "is_enabled": webhook.disabled_at is None,
        "disabled_at": webhook.disabled_at,
        "disabled_code": webhook.disabled_code,
        "failing_since": webhook.failing_since,
        "rest_until": webhook.rest_until,
        "old_secret_until": overlap,
        "created_at": webhook.created_at,
        "version": webhook.version,
    }


def delivery_view(row: WebhookDelivery) -> dict[str, Any]:
    """One message's way to one endpoint."""
    return {
        "id": row.pk,
        "message_id": row.message_id,
        "type": row.message.type,
        "thing": row.thing,
        "state": row.state,
        "attempts": row.attempts,
        "code": row.code,
        "is_replay": row.is_replay,
        "created_at": row.created_at,
        "due_at": row.due_at,
        "ended_at": row.ended_at,
    }


def delivery_story(row: WebhookDelivery, tries: Iterable[WebhookAttempt]) -> dict[str, Any]:
    """The same with every attempt and with the body, as it was or will be sent."""
    return {
        **delivery_view(row),
        "give_up_at": row.give_up_at,
        "body": row.message.body,
        "tries": [
            {
                "number": each.number,
                "started_at": each.started_at,
                "finished_at": each.finished_at,
                "status": each.status,
                "code": each.code,
            }
            for each in tries
        ],
    }
