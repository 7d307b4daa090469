"""For programs that nobody can call: they ask for events, and say which they have dealt with."""

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from django.db.models import F

from core.clock import clock
from core.events.work import Work
from notifications.webhooks.commands import WrongKindOfWebhook
from notifications.webhooks.models import Webhook, WebhookDelivery, WebhookMessage
from notifications.webhooks.states import HookState, HookTrigger


LONGEST_PULL: Final = 100


def pull_events(
    *, webhook: Webhook, limit: int, lease_seconds: int, work: Work
) -> list[dict[str, Any]]:
    """Lease the next events of the locked queue for real `lease_seconds`, the oldest first.

    Several events of one order may come at once, in their order; none comes while an earlier
    one is with somebody who has not acknowledged it.

    :raises WrongKindOfWebhook: the endpoint is no queue.
    """
    _must_be_queue(webhook)
    rows = WebhookDelivery.objects.filter(webhook=webhook)
    rows.filter(state=HookState.PULLED, lease_until__lte=work.now).move(
        HookTrigger.RETURN, lease_until=None
    )
    with_somebody = rows.filter(state=HookState.PULLED).values("thing")
    free = rows.filter(state=HookState.QUEUED).exclude(thing__in=with_somebody)
    chosen = list(free.order_by("pk")[:limit])
    lease_until = work.now + clock().technical(lease_seconds)
    rows.filter(pk__in=[row.pk for row in chosen]).move(
        HookTrigger.PULL, lease_until=lease_until, attempts=F("attempts") + 1
    )
    return _events(chosen)


def acknowledge_events(*, webhook: Webhook, ids: Collection[int], work: Work) -> int:
    """End these deliveries of the locked queue; return how many that were open.

    An acknowledgement that comes after its lease counts, too.

    :raises WrongKindOfWebhook: the endpoint is no queue.
    """
    _must_be_queue(webhook)
    rows = WebhookDelivery.objects.filter(webhook=webhook, pk__in=list(ids))
    count: int = rows.move(HookTrigger.ACKNOWLEDGE, lease_until=None, ended_at=work.now)
    return count


def _events(rows: Sequence[WebhookDelivery]) -> list[dict[str, Any]]:
    messages = WebhookMessage.objects.in_bulk({row.message_id for row in rows})
    return [
        {
            "delivery_id": row.pk,
            "attempt": row.attempts + 1,
            "event": json.loads(messages[row.message_id].body),
        }
        for row in rows
    ]


def _must_be_queue(webhook: Webhook) -> None:
    if not webhook.is_queue:
        raise WrongKindOfWebhook
