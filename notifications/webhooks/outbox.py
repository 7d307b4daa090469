"""Keeps what shops' programs must learn, in the very transaction in which it became true."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.changes import insert, insert_values
from core.events.audiences import Change, follows_changes
from core.events.work import current_work
from core.merchants.models import Merchant
from core.orders.access import read_order
from notifications.wakeups import wake_webhooks
from notifications.webhooks.bodies import FAMILIES, event_body
from notifications.webhooks.models import Webhook, WebhookDelivery, WebhookMessage


BOARD: Final = "merchant:"


@follows_changes
def keep_for_programs(changes: Sequence[Change]) -> None:
    """Write a message for each fact on a followed shop's board, and its way to each endpoint."""
    seen = [
        (fact, row)
        for fact, row in changes
        if row.topic.startswith(BOARD) and fact.type.subject_kind in FAMILIES
    ]
    webhooks = _get_webhooks(_followed(seen)) if seen else {}
    messages, deliveries = [], []
    for fact, row in seen:
        merchant_id = _merchant_of(row.topic)
        wanted = [each for each in webhooks.get(merchant_id, ()) if each.wants(fact.type.name)]
        if wanted:
            body = event_body(fact, row)
            messages.append((fact.id, merchant_id, fact.type.name, body, fact.occurred_at))
            deliveries += [
                delivery_to(each, fact.id, thing=row.key, now=fact.occurred_at) for each in wanted
            ]
    insert_values(WebhookMessage, messages)
    keep(deliveries)


def delivery_to(
    webhook: Webhook, message_id: UUID, *, thing: str, now: datetime, is_replay: bool = False
) -> WebhookDelivery:
    """Return the unsaved row that brings a message to an endpoint."""
    return WebhookDelivery(
        webhook_id=webhook.pk,
        message_id=message_id,
        thing=thing,
        state=webhook.first_state,
        created_at=now,
        due_at=now,
        is_replay=is_replay,
    )


def keep(deliveries: Sequence[WebhookDelivery]) -> None:
    """Store deliveries, and wake the senders once they are committed."""
    insert(deliveries)
    work = current_work()
    if deliveries and work is not None:
        wake_webhooks(work)


def _followed(changes: Iterable[Change]) -> set[UUID]:
    """Shops among those of `changes` that have any endpoint; orders know it for nothing."""
    followed, unknown = set(), set()
    for _fact, row in changes:
        kind, _, thing_id = row.key.partition(":")
        if kind != "order":
            unknown.add(_merchant_of(row.topic))
        elif read_order(UUID(thing_id)).merchant.is_followed:
            followed.add(_merchant_of(row.topic))
    unknown -= followed
    if unknown:
        shops = Merchant.objects.filter(pk__in=unknown, is_followed=True)
        followed.update(shops.values_list("pk", flat=True))
    return followed


def _get_webhooks(merchant_ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Webhook]]:
    ids = list(merchant_ids)
    found: dict[UUID, list[Webhook]] = {}
    if ids:
        for webhook in Webhook.objects.present().filter(merchant__in=ids).order_by("pk"):
            found.setdefault(webhook.merchant_id, []).append(webhook)
    return found


def _merchant_of(topic: str) -> UUID:
    return UUID(topic.removeprefix(BOARD))
