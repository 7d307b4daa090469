"""What may be done with a shop's endpoints: each a part of one transaction, on a locked row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.clock import clock
from core.environment import environment
from core.errors import Conflict, Invalid, NotFound
from core.events.catalogue import (
    WEBHOOK_CHANGED,
    WEBHOOK_REGISTERED,
    WEBHOOK_REMOVED,
    WEBHOOK_REPLAYED,
    WEBHOOK_SECRET_ROTATED,
)
from core.events.work import Work
from core.identifiers import new_id
from core.merchants.models import Merchant
from notifications.webhooks.addresses import check_url
from notifications.webhooks.bodies import KNOWN_TYPES, TEST_TYPE, trial_body
from notifications.webhooks.models import Webhook, WebhookDelivery, WebhookMessage
from notifications.webhooks.outbox import delivery_to, keep
from notifications.webhooks.signature import new_secret
from notifications.webhooks.states import HookState, HookTrigger
from notifications.webhooks.switching import state_webhook_fact


MOST: Final = 10
"""Endpoints that a shop may have."""
REPLAY_LIMIT: Final = 2_000
"""Messages that one command sends again at most."""


class TooManyWebhooks(Conflict):
    """Remove one first."""

    code = "too_many_webhooks"
    title = f"A shop may have {MOST} webhooks."


class UnknownEventType(Invalid):
    """`unknown` names what no shop is ever told of."""

    code = "unknown_event_type"
    title = "There is no such event for shops."


class WrongKindOfWebhook(Conflict):
    """A queue has no URL to send to, and an endpoint with one is not pulled from."""

    code = "wrong_kind_of_webhook"
    title = "This is for the other kind of webhook."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a new endpoint shall be; without a URL a queue to pull from."""

    url: str
    event_types: Sequence[str]
    description: str


def register_webhook(*, merchant: Merchant, wishes: Wishes, work: Work) -> Webhook:
    """Tell a program of the locked shop of its events from now on.

    :raises WebhookUrlRefused: we send nothing to that URL.
    :raises UnknownEventType: one of the types is none.
    :raises TooManyWebhooks: the shop has its ten.
    """
    if Webhook.objects.present().filter(merchant=merchant).count() >= MOST:
        raise TooManyWebhooks
    if wishes.url:
        _check_url(wishes.url)
    webhook = Webhook(
        merchant=merchant,
        url=wishes.url,
        description=wishes.description,
        event_types=_checked(wishes.event_types),
        secret=new_secret(),
        created_at=work.now,
    )
    webhook.save()
    Merchant.objects.filter(pk=merchant.pk).update(is_followed=True)
    told = {"url": webhook.url, "event_types": webhook.event_types}
    state_webhook_fact(WEBHOOK_REGISTERED, webhook=webhook, work=work, **told)
    return webhook


def change_webhook(*, webhook: Webhook, changes: Mapping[str, Any], work: Work) -> None:
    """Change `url`, `event_types` or `description` of the locked endpoint.

    What was written down for it already goes to the new URL.

    :raises WebhookUrlRefused: we send nothing to that URL.
    :raises UnknownEventType: one of the types is none.
    :raises WrongKindOfWebhook: a queue stays a queue.
    """
    wanted = dict(changes)
    if "url" in wanted:
        if webhook.is_queue or not wanted["url"]:
            raise WrongKindOfWebhook
        _check_url(wanted["url"])
    if "event_types" in wanted:
        wanted["event_types"] = _checked(wanted["event_types"])
    news = {name: value for name, value in wanted.items() if getattr(webhook, name) != value}
    if news:
        webhook.advance(**news)
        state_webhook_fact(WEBHOOK_CHANGED, webhook=webhook, work=work, **news)


def rotate_secret(*, webhook: Webhook, overlap_seconds: int, work: Work) -> None:
    """Sign for the locked endpoint with a new secret, and for real `overlap_seconds` with both."""
    overlap_until = work.now + clock().technical(overlap_seconds)
    webhook.rotate(new_secret(), overlap_until=overlap_until)
    state_webhook_fact(
        WEBHOOK_SECRET_ROTATED, webhook=webhook, work=work, overlap_seconds=overlap_seconds
    )


def remove_webhook(*, webhook: Webhook, work: Work) -> None:
    """End the locked endpoint; what waits for it is not sent."""
    webhook.remove(now=work.now)
    rows = WebhookDelivery.objects.filter(webhook=webhook)
    rows.move(HookTrigger.CANCEL, lease_until=None, ended_at=work.now)
    merchant_id = webhook.merchant_id
    if not Webhook.objects.present().filter(merchant=merchant_id).exists():
        Merchant.objects.filter(pk=merchant_id).update(is_followed=False)
    state_webhook_fact(WEBHOOK_REMOVED, webhook=webhook, work=work)


def try_webhook(*, webhook: Webhook, work: Work) -> UUID:
    """Send a message of type `webhook.test` to the locked endpoint, whatever it asked for.

    Returns the message's id.
    """
    message = WebhookMessage.objects.create(
        id=(message_id := new_id()),
        merchant_id=webhook.merchant_id,
        type=TEST_TYPE,
        body=trial_body(
            message_id, merchant_id=webhook.merchant_id, webhook_id=webhook.pk, now=work.now
        ),
        created_at=work.now,
    )
    # A thing of its own, so that it waits for nothing.
    keep([delivery_to(webhook, message.pk, thing=f"test:{message.pk}", now=work.now)])
    return message_id


def replay_one(*, webhook: Webhook, delivery_id: int, work: Work) -> int:
    """Send the message of one ended delivery of the locked endpoint again.

    :raises NotFound: it has no such delivery, or that one has not ended.
    """
    rows = WebhookDelivery.objects.filter(webhook=webhook, pk=delivery_id)
    if not rows.filter(state__in=REPLAYABLE).exists():
        raise NotFound
    return _replay(webhook, rows, work=work)


def replay_since(
    *, webhook: Webhook, since: datetime, only_dead: bool, work: Work
) -> tuple[int, datetime | None]:
    """Send again what the locked endpoint was told since then, or what it did not accept.

    Returns how many, and from which moment to go on when there are more than 2,000.
    """
    states = {HookState.DEAD} if only_dead else REPLAYABLE
    rows = WebhookDelivery.objects.filter(
        webhook=webhook, created_at__gte=since, is_replay=False, state__in=states
    ).order_by("pk")
    beyond = rows.values_list("created_at", flat=True)[REPLAY_LIMIT : REPLAY_LIMIT + 1]
    following = next(iter(beyond), None)
    return _replay(webhook, rows[:REPLAY_LIMIT], work=work), following


REPLAYABLE: Final = frozenset({HookState.ACCEPTED, HookState.DEAD})


def _replay(webhook: Webhook, rows: Any, *, work: Work) -> int:
    """Write new rows behind those that wait: an order's events keep their order."""
    again = [
        delivery_to(webhook, message_id, thing=thing, now=work.now, is_replay=True)
        for message_id, thing in rows.values_list("message_id", "thing")
    ]
    keep(again)
    state_webhook_fact(WEBHOOK_REPLAYED, webhook=webhook, work=work, count=len(again))
    return len(again)


def allows_loopback() -> bool:
    """Whether this installation may send to its own machine."""
    return environment().webhook_loopback


def _check_url(url: str) -> None:
    check_url(url, allow_loopback=allows_loopback())


def _checked(event_types: Sequence[str]) -> list[str]:
    unknown = sorted(set(event_types) - KNOWN_TYPES)
    if unknown:
        raise UnknownEventType(unknown=unknown)
    return sorted(set(event_types))
