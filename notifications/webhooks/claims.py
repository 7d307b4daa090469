"""Claims what is due to endpoints: one event of a thing at a time, few of an endpoint at once."""

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce

from core.clock import clock
from core.database import run_repeatedly
from core.events.facts import SYSTEM
from core.events.work import unit_of_work
from core.prepared import Prepared
from notifications.webhooks.conclusions import GIVE_UP_SECONDS
from notifications.webhooks.models import Webhook, WebhookDelivery, WebhookMessage
from notifications.webhooks.states import WAITING, HookState, HookTrigger


CLAIM_LIMIT: Final = 200
LEASE_SECONDS: Final = 30.0
"""Longer than any send may take: only a vanished sender lets it end."""
AT_ONCE: Final = 8
"""Messages under way to one endpoint at most."""
AT_ONCE_FAILING: Final = 1
"""The same while it fails: dead hosts must not take the sender from those that live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookClaim:
    """One leased delivery, with everything that sending needs: no database is asked any more."""

    delivery_id: int
    webhook_id: UUID
    message_id: UUID
    url: str
    secrets: tuple[str, ...]
    body: bytes
    attempt: int
    started_at: datetime
    give_up_at: datetime


_due = Prepared(
    lambda now: (
        WebhookDelivery.objects.filter(state__in=sorted(WAITING), due_at__lte=now)
        .values_list("webhook_id", flat=True)
        .distinct()
    ),
    datetime,
)


def _ready(state: HookState) -> Prepared[int]:
    """Return the query for an endpoint's next rows in `state`: it walks an index, and stops."""
    return Prepared(
        lambda webhook, now: (
            WebhookDelivery.objects.filter(webhook=webhook, state=state)
            .due_whatever_the_index(now)
            .first_of_their_thing()
            .order_by("pk")
            .values_list("pk", flat=True)[:AT_ONCE]
        ),
        UUID,
        datetime,
    )


_retrying, _pending = _ready(HookState.RETRYING), _ready(HookState.PENDING)


def claim_due(*, now: datetime, limit: int = CLAIM_LIMIT) -> list[HookClaim]:
    """Lease what is due at `now`; of many endpoints a few by chance, so that none starves."""
    endpoints = _due(now)
    if not endpoints:
        return []
    due = _get_due(endpoints, now, limit)
    if not due:
        return []
    return run_repeatedly(lambda: _claim(due, now))


def get_next_due(*, now: datetime) -> datetime | None:
    """When the next message after `now` is due, if any waits for its time."""
    waiting = WebhookDelivery.objects.filter(state=HookState.RETRYING, due_at__gt=now)
    due_at: datetime | None = waiting.order_by("due_at").values_list("due_at", flat=True).first()
    return due_at


def get_next_turn(*, now: datetime) -> datetime | None:
    """When the next lease ends, or the next endpoint's rest, if any does."""
    leased = WebhookDelivery.objects.filter(state=HookState.LEASED).order_by("lease_until")
    ends_at = leased.values_list("lease_until", flat=True).first()
    resting = Webhook.objects.present().filter(rest_until__gt=now).order_by("rest_until")
    rested_at = resting.values_list("rest_until", flat=True).first()
    return min(filter(None, (ends_at, rested_at)), default=None)


def _get_due(endpoints: Collection[UUID], now: datetime, limit: int) -> dict[int, UUID]:
    """Find what may be claimed, without any lock: deliveries and their endpoints.

    A row found here stays the first of its thing until it is claimed: events of a thing are
    stored one after the other, and what has ended never opens again.
    """
    rooms = list(_get_rooms(endpoints, now).items())
    random.shuffle(rooms)
    due: dict[int, UUID] = {}
    for webhook_id, room in rooms:
        if len(due) >= limit:
            break
        found = _retrying(webhook_id, now)
        if len(found) < room:
            found += _pending(webhook_id, now)
        due |= dict.fromkeys(found[:room], webhook_id)
    return due


def _get_rooms(ids: Collection[UUID], now: datetime) -> dict[UUID, int]:
    """How many more each of these endpoints may be sent; without those that must not be."""
    live = Webhook.objects.present().filter(pk__in=ids, disabled_at__isnull=True)
    resting = Q(rest_until__isnull=False) & Q(rest_until__gt=now)
    bounds = {
        pk: _at_once(failing_since)
        for pk, failing_since in live.exclude(resting).values_list("pk", "failing_since")
    }
    leased = WebhookDelivery.objects.filter(webhook__in=list(bounds), state=HookState.LEASED)
    taken = dict(leased.values_list("webhook_id").annotate(count=Count("pk")))
    rooms = {pk: bound - taken.get(pk, 0) for pk, bound in bounds.items()}
    return {pk: room for pk, room in rooms.items() if room > 0}


def _at_once(failing_since: datetime | None) -> int:
    return AT_ONCE if failing_since is None else AT_ONCE_FAILING


def _claim(due: Mapping[int, UUID], now: datetime) -> list[HookClaim]:
    with unit_of_work(now=now, actor=SYSTEM):
        webhooks = _lock_webhooks(set(due.values()))
        rows = WebhookDelivery.objects.filter(webhook__in=list(webhooks), pk__in=list(due))
        locked = rows.movable(HookTrigger.CLAIM).select_for_update(skip_locked=True)
        chosen = _with_room(list(locked.order_by("due_at", "pk")), webhooks)
        last = now + clock().technical(GIVE_UP_SECONDS)
        WebhookDelivery.objects.filter(pk__in=[row.pk for row in chosen]).move(
            HookTrigger.CLAIM,
            lease_until=now + clock().technical(LEASE_SECONDS),
            attempts=F("attempts") + 1,
            give_up_at=Coalesce("give_up_at", last),
        )
        messages = WebhookMessage.objects.in_bulk({row.message_id for row in chosen})
        return [
            HookClaim(
                delivery_id=row.pk,
                webhook_id=row.webhook_id,
                message_id=row.message_id,
                url=webhooks[row.webhook_id].url,
                secrets=webhooks[row.webhook_id].secrets(now),
                body=messages[row.message_id].body.encode(),
                attempt=row.attempts + 1,
                started_at=now,
                give_up_at=row.give_up_at or last,
            )
            for row in chosen
        ]


def _lock_webhooks(ids: Collection[UUID]) -> dict[UUID, Webhook]:
    """Lock endpoints before their rows, as everybody does; leave out what is disabled by now."""
    live = Webhook.objects.present().filter(pk__in=ids, disabled_at__isnull=True)
    return {row.pk: row for row in live.select_for_update().order_by("pk")}


def _with_room(
    rows: Sequence[WebhookDelivery], webhooks: Mapping[UUID, Webhook]
) -> list[WebhookDelivery]:
    """Keep of each endpoint's rows as many as may be under way beside those that are."""
    leased = WebhookDelivery.objects.filter(webhook__in=list(webhooks), state=HookState.LEASED)
    taken = Counter(leased.values_list("webhook_id", flat=True))
    chosen = []
    for row in rows:
        if taken[row.webhook_id] < _at_once(webhooks[row.webhook_id].failing_since):
            taken[row.webhook_id] += 1
            chosen.append(row)
    return chosen
