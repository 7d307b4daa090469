"""Commands about a shop's endpoints, as the outside names them."""

from contextlib import AbstractContextManager
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from core.events.work import Work, unit_of_work
from core.gate.registry import Arguments, Call, NoArguments, command
from core.gate.run import VersionConflict
from core.people.models import Membership
from notifications.webhooks.access import access_owned_merchant, access_queue, access_webhook
from notifications.webhooks.commands import (
    Wishes,
    change_webhook,
    register_webhook,
    remove_webhook,
    replay_one,
    replay_since,
    rotate_secret,
    try_webhook,
)
from notifications.webhooks.models import URL_LENGTH, Webhook
from notifications.webhooks.pulling import LONGEST_PULL, acknowledge_events, pull_events
from notifications.webhooks.switching import BY_PERSON, disable_webhook, enable_webhook
from notifications.webhooks.views import webhook_view


DAY_SECONDS = 24 * 3600
LARGEST_ID = 2**63 - 1

EventTypes = Annotated[
    tuple[Annotated[str, Field(max_length=48)], ...],
    Field(min_length=1, max_length=100, examples=[["order.*", "item.sold_out"]]),
]
Description = Annotated[str, Field(max_length=200)]
DeliveryId = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class RegisterArguments(Arguments):
    """Where to send what; without a URL the events are pulled."""

    url: str = Field(default="", max_length=URL_LENGTH, examples=["https://pos.example/hooks"])
    event_types: EventTypes = ("order.*",)
    description: Description = ""


class ChangeArguments(Arguments):
    """What is to be different; what is not named stays."""

    url: str | None = Field(default=None, max_length=URL_LENGTH)
    event_types: EventTypes | None = None
    description: Description | None = None


class RotateArguments(Arguments):
    """For how many seconds messages carry both signatures."""

    overlap_seconds: int = Field(default=DAY_SECONDS, ge=0, le=7 * DAY_SECONDS)


class ReplayArguments(Arguments):
    """Which delivery, once it has ended."""

    delivery_id: DeliveryId


class ReplaySinceArguments(Arguments):
    """From when on, and whether only what was not accepted."""

    since: AwareDatetime
    only_dead: bool = False


class PullArguments(Arguments):
    """How many, and how long the program may take before they go to another."""

    limit: int = Field(default=20, ge=1, le=LONGEST_PULL)
    lease_seconds: int = Field(default=60, ge=5, le=3600)


class AcknowledgeArguments(Arguments):
    """Which deliveries the program has dealt with."""

    delivery_ids: tuple[DeliveryId, ...] = Field(min_length=1, max_length=LONGEST_PULL)


@command(
    "webhook.register",
    path="/merchants/{merchant_id}/webhooks",
    subject="merchant_id",
    arguments=RegisterArguments,
)
def register(call: Call, arguments: RegisterArguments) -> dict[str, Any]:
    """Tell a program of the shop's events; for its owner or an operator.

    The answer has the secret, which is shown this once.
    """
    merchant = access_owned_merchant(call.person, _subject(call), lock=True)
    wishes = Wishes(
        url=arguments.url,
        event_types=arguments.event_types,
        description=arguments.description,
    )
    with _working(call) as work:
        webhook = register_webhook(merchant=merchant, wishes=wishes, work=work)
    return webhook_view(webhook, now=call.now) | {"secret": webhook.secret}


@command(
    "webhook.change",
    path="/webhooks/{webhook_id}/change",
    subject="webhook_id",
    arguments=ChangeArguments,
)
def change(call: Call, arguments: ChangeArguments) -> dict[str, Any]:
    """Change a webhook's URL, events or description."""
    webhook = _locked(call)
    changes = arguments.model_dump(exclude_none=True)
    with _working(call) as work:
        change_webhook(webhook=webhook, changes=changes, work=work)
    return webhook_view(webhook, now=call.now)


@command(
    "webhook.rotate_secret",
    path="/webhooks/{webhook_id}/rotate-secret",
    subject="webhook_id",
    arguments=RotateArguments,
)
def rotate(call: Call, arguments: RotateArguments) -> dict[str, Any]:
    """Sign with a new secret, which is shown this once, and for a while with both."""
    webhook = _locked(call)
    with _working(call) as work:
        rotate_secret(webhook=webhook, overlap_seconds=arguments.overlap_seconds, work=work)
    return webhook_view(webhook, now=call.now) | {"secret": webhook.secret}


@command("webhook.enable", path="/webhooks/{webhook_id}/enable", subject="webhook_id")
def enable(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Send to the webhook again, beginning with what waited."""
    webhook = _locked(call)
    with _working(call) as work:
        enable_webhook(webhook=webhook, work=work)
    return webhook_view(webhook, now=call.now)


@command("webhook.disable", path="/webhooks/{webhook_id}/disable", subject="webhook_id")
def disable(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Send nothing to the webhook until it is enabled; its events wait."""
    webhook = _locked(call)
    with _working(call) as work:
        disable_webhook(webhook=webhook, code=BY_PERSON, work=work)
    return webhook_view(webhook, now=call.now)


@command("webhook.remove", path="/webhooks/{webhook_id}/remove", subject="webhook_id")
def remove(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """End the webhook; what waits for it is not sent."""
    # The shop first, as whoever registers does: both count its webhooks.
    unlocked = access_webhook(call.person, _subject(call))
    access_owned_merchant(call.person, unlocked.merchant_id, lock=True)
    webhook = _locked(call)
    with _working(call) as work:
        remove_webhook(webhook=webhook, work=work)
    return {"id": webhook.pk, "removed": True}


@command("webhook.test", path="/webhooks/{webhook_id}/test", subject="webhook_id")
def try_(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Send a message of type `webhook.test`."""
    webhook = _locked(call)
    with _working(call) as work:
        message_id = try_webhook(webhook=webhook, work=work)
    return {"message_id": message_id}


@command(
    "webhook.replay",
    path="/webhooks/{webhook_id}/replay",
    subject="webhook_id",
    arguments=ReplayArguments,
)
def replay(call: Call, arguments: ReplayArguments) -> dict[str, Any]:
    """Send the message of one delivery again, with the same id."""
    webhook = _locked(call)
    with _working(call) as work:
        count = replay_one(webhook=webhook, delivery_id=arguments.delivery_id, work=work)
    return {"count": count}


@command(
    "webhook.replay_since",
    path="/webhooks/{webhook_id}/replay-since",
    subject="webhook_id",
    arguments=ReplaySinceArguments,
)
def replay_all(call: Call, arguments: ReplaySinceArguments) -> dict[str, Any]:
    """Send everything since a moment again, at most 2,000; `next` is where to go on."""
    webhook = _locked(call)
    with _working(call) as work:
        count, following = replay_since(
            webhook=webhook, since=arguments.since, only_dead=arguments.only_dead, work=work
        )
    return {"count": count, "next": following}


@command(
    "webhook.pull",
    path="/webhooks/{webhook_id}/pull",
    subject="webhook_id",
    arguments=PullArguments,
)
def pull(call: Call, arguments: PullArguments) -> dict[str, Any]:
    """Take the next events of a webhook without URL; for everybody of the shop.

    Acknowledge them before the lease ends, or they are given out again. With an
    `Idempotency-Key` an answer that got lost can be asked for again.
    """
    webhook = access_queue(call.person, _subject(call), lock=True)
    with _working(call) as work:
        items = pull_events(
            webhook=webhook,
            limit=arguments.limit,
            lease_seconds=arguments.lease_seconds,
            work=work,
        )
    return {"items": items}


@command(
    "webhook.acknowledge",
    path="/webhooks/{webhook_id}/acknowledge",
    subject="webhook_id",
    arguments=AcknowledgeArguments,
)
def acknowledge(call: Call, arguments: AcknowledgeArguments) -> dict[str, Any]:
    """Say that pulled events were dealt with; again is harmless."""
    webhook = access_queue(call.person, _subject(call), lock=True)
    with _working(call) as work:
        count = acknowledge_events(webhook=webhook, ids=arguments.delivery_ids, work=work)
    return {"count": count}


def _subject(call: Call) -> UUID:
    assert call.subject_id is not None  # noqa: S101  the path names it
    return call.subject_id


def _working(call: Call) -> AbstractContextManager[Work]:
    """Act as operator, unless the caller works for some shop."""
    staff = Membership.objects.filter(person=call.person).exists()
    role = "operator" if call.person.is_operator and not staff else "merchant"
    return unit_of_work(now=call.now, actor=call.actor(role))


def _locked(call: Call) -> Webhook:
    webhook = access_webhook(call.person, _subject(call), lock=True)
    if call.expected_version is not None and call.expected_version != webhook.version:
        view = webhook_view(webhook, now=call.now)
        raise VersionConflict(version=webhook.version, webhook=view)
    return webhook
