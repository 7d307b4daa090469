"""Claims what is due: re-checks each step under lock, leases it, and says what to send."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from core.clock import clock
from core.database import run_repeatedly
from core.events.catalogue import NOTIFICATION_ESCALATED
from core.events.facts import SYSTEM
from core.events.work import Work, unit_of_work
from notifications import hot_statements as hot
from notifications.channels.app_push import AppDevice, AppEnvironment, DeviceKind
from notifications.channels.result import Outcome
from notifications.circuits.gates import origin_of
from notifications.circuits.holding import hold_behind_circuits
from notifications.climbs import tell_climbs
from notifications.commands import Draft, record_notice, send_notice
from notifications.escalation import Channel, Condition, Verdict, decide
from notifications.lanes import Lane
from notifications.marketing.resolution import heed_campaigns
from notifications.messages import push_payload
from notifications.models import Attempt, Delivery, Notice, PushSubscription, RecipientNotice
from notifications.people import recipients_for
from notifications.policies import ALERT_UNANSWERED, KINDS, Role
from notifications.preferences.resolution import Recipients, heed_choices
from notifications.states import DeliveryTrigger
from notifications.templates import declared_of
from notifications.texting.allotting import TEXTED, Text, allot
from notifications.wechat.allotting import WeChatJob, allot_wechat


CLAIM_LIMIT = 200
LEASE_SECONDS = 30.0
"""Longer than any send may take: only a vanished sender lets it end."""
ALL_CHANNELS: Final = (
    Channel.PUSH, Channel.WECHAT, Channel.SMS, Channel.CALL, Channel.OPERATOR,
)  # fmt: skip
NEEDY: Final = TEXTED | {Channel.WECHAT}
"""Channels that must find room, or a grant, before anything is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device of the recipient, as its browser subscribed it or its app registered."""

    subscription_id: int
    subscription: Mapping[str, object]
    origin: str = ""
    """Whose answers are one push service's."""
    is_probe: bool = False
    """It asks an origin that was shut whether it is back."""
    app: AppDevice | None = None
    kind: DeviceKind = DeviceKind.WEBPUSH
    locale: str = ""
    payload: bytes | None = None
    """In the app's own language, where that is another than the person's."""
    application_server_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """Devices that a push delivery has not reached yet, and whether it has reached others."""

    devices: tuple[Device, ...]
    reached_before: bool = False
    is_silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PushJob:
    """One push message for every device of a person."""

    devices: tuple[Device, ...]
    payload: bytes
    ttl_seconds: int
    is_urgent: bool
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One leased delivery, with everything that sending needs: no database is asked any more."""

    delivery_id: UUID
    channel: Channel
    attempt: int
    started_at: datetime
    push: PushJob | None = None
    text: Text | None = None
    wechat: WeChatJob | None = None
    reached_before: bool = False
    spent_count: int = 0
    """Attempts before the last replay."""


def claim_due(
    channels: Collection[Channel],
    *,
    now: datetime,
    limit: int = CLAIM_LIMIT,
    lane: Lane = Lane.SERVICE,
) -> tuple[list[Claim], int]:
    """Lease what is due in `lane` at `now`; return it, and how many rows were looked at.

    Commit order decides: an act that was committed before this transaction leaves nothing to
    claim, one that comes later waits for its locks and finds the row leased, and what one that is
    under way concerns waits for its end.
    """
    return run_repeatedly(lambda: _claim_due(channels, lane, now, limit))


def _claim_due(
    channels: Collection[Channel], lane: Lane, now: datetime, limit: int
) -> tuple[list[Claim], int]:
    with unit_of_work(now=now, actor=SYSTEM) as work:
        rows = hot.lock_due(channels, lane=lane, now=now, limit=limit)
        if not rows:
            return [], 0
        seen_count = len(rows)
        # Locked after the rows, so that no act can fall between the two. What one that is under
        # way concerns is left to the next claim: it cannot cancel what just came back to wait.
        notices = hot.lock_notices({row.notice_id for row in rows})
        rows = [row for row in rows if row.notice_id in notices]
        recipients = hot.get_recipients({row.recipient_id for row in rows if row.recipient_id})
        wanted = _still_wanted(rows, notices, now=now)
        wanted, silent = heed_choices(wanted, notices, recipients, work=work)
        if lane is Lane.MARKETING:
            wanted = heed_campaigns(wanted, notices, recipients, now=now)
        for row in wanted:
            if row.channel == Channel.OPERATOR:
                _raise_card(notices[row.notice_id], work=work)
        texted = [row for row in wanted if row.channel in TEXTED]
        texts = allot(texted, notices, recipients, work=work)
        asked = [row for row in wanted if row.channel == Channel.WECHAT]
        wechats = allot_wechat(asked, notices, recipients)
        going = [
            row
            for row in wanted
            if row.channel not in NEEDY or row.pk in texts or row.pk in wechats
        ]
        aims = _aims(going, recipients, silent)
        if aims:
            going = hold_behind_circuits(going, aims, now=now)
        _record_climbs(going, notices, work=work)
        leased = [row for row in going if row.channel != Channel.OPERATOR]
        cards = [row.pk for row in going if row.channel == Channel.OPERATOR]
        if cards:
            Delivery.objects.filter(pk__in=cards).move(DeliveryTrigger.TAKE)
        _lease(leased, texts, now=now)
        claims = _claims(leased, notices, recipients, aims, texts, now=now)
        return [_with_wechat(each, wechats) for each in claims], seen_count


def _with_wechat(claim: Claim, wechats: Mapping[UUID, WeChatJob]) -> Claim:
    job = wechats.get(claim.delivery_id)
    return claim if job is None else replace(claim, wechat=job)


def _lease(rows: Sequence[Delivery], texts: Mapping[UUID, Text], *, now: datetime) -> None:
    by_provider: dict[str, list[UUID]] = {}
    for row in rows:
        text = texts.get(row.pk)
        by_provider.setdefault(text.provider if text else "", []).append(row.pk)
    for provider, ids in by_provider.items():
        hot.lease(ids, until=now + clock().technical(LEASE_SECONDS), provider=provider)


def _still_wanted(
    rows: Sequence[Delivery], notices: Mapping[UUID, Notice], *, now: datetime
) -> list[Delivery]:
    """Cancel and expire what is not wanted any more; return the rest."""
    wanted: list[Delivery] = []
    needless: dict[tuple[DeliveryTrigger, str], list[UUID]] = {}
    for row in rows:
        verdict, code = decide(
            Condition(row.condition),
            notices[row.notice_id].clocks,
            expires_at=row.expires_at,
            now=now,
        )
        if verdict is Verdict.SEND:
            wanted.append(row)
            continue
        expired = verdict is Verdict.EXPIRE
        trigger = DeliveryTrigger.EXPIRE if expired else DeliveryTrigger.CANCEL
        needless.setdefault((trigger, code), []).append(row.pk)
    for (trigger, code), ids in needless.items():
        Delivery.objects.filter(pk__in=ids).move(trigger, code=code)
    return wanted


def _raise_card(notice: Notice, *, work: Work) -> None:
    """Put the silent shop on the operators' desk."""
    draft = Draft(
        kind=ALERT_UNANSWERED,
        event_id=notice.event_id,
        topic="operators",
        subject=notice.subject,
        order_id=notice.order_id,
        expires_at=work.now + ALERT_UNANSWERED.lifetime,
        variables=declared_of(ALERT_UNANSWERED.template, notice.variables),
    )
    send_notice(draft, recipients=recipients_for(Role.OPERATORS, notice.pk), work=work)


def _record_climbs(
    rows: Sequence[Delivery], notices: Mapping[UUID, Notice], *, work: Work
) -> None:
    """State which notices climbed a step: once a step, not once a recipient or retry.

    Plain news that waited for the end of quiet hours has climbed nothing.
    """
    climbed = {
        (row.notice_id, row.step)
        for row in rows
        if row.attempts == 0
        and row.due_at > notices[row.notice_id].created_at
        and KINDS[notices[row.notice_id].template].policy.needs_act
    }
    for notice_id, step in sorted(climbed):
        record_notice(NOTIFICATION_ESCALATED, notices[notice_id], persons=(), work=work, step=step)
    tell_climbs([row for row in rows if (row.notice_id, row.step) in climbed])


def _claims(
    rows: Sequence[Delivery],
    notices: Mapping[UUID, Notice],
    recipients: Recipients,
    aims: Mapping[UUID, Aim],
    texts: Mapping[UUID, Text],
    *,
    now: datetime,
) -> list[Claim]:
    claims = []
    for row in rows:
        notice, recipient = notices[row.notice_id], recipients[row.recipient_id]
        aim, push = aims.get(row.pk), None
        if aim is not None:
            push = PushJob(
                devices=tuple(
                    _in_its_language(each, recipient, notice, row, is_silent=aim.is_silent)
                    for each in aim.devices
                ),
                payload=push_payload(
                    recipient, notice, is_loud=row.is_loud, is_silent=aim.is_silent
                ),
                ttl_seconds=max(1, int(clock().real_seconds(row.expires_at - now))),
                is_urgent=KINDS[notice.template].policy.needs_act,
                topic=notice.pk.hex,
            )
        claims.append(
            Claim(
                delivery_id=row.pk,
                channel=Channel(row.channel),
                attempt=row.attempts + 1,
                started_at=now,
                push=push,
                text=texts.get(row.pk),
                reached_before=aim is not None and aim.reached_before,
                spent_count=row.spent_count,
            )
        )
    return claims


def _aims(
    rows: Sequence[Delivery], recipients: Recipients, silent: Collection[UUID]
) -> dict[UUID, Aim]:
    pushed = [row for row in rows if row.channel == Channel.PUSH]
    devices = _devices({recipients[row.recipient_id].person_id for row in pushed})
    reached = _reached([row.pk for row in pushed if row.attempts])
    return {
        row.pk: Aim(
            devices=tuple(
                each
                for each in devices.get(recipients[row.recipient_id].person_id, ())
                if each.subscription_id not in reached.get(row.pk, ())
            ),
            reached_before=row.pk in reached,
            is_silent=row.pk in silent,
        )
        for row in pushed
    }


def _devices(person_ids: Collection[UUID]) -> dict[UUID, list[Device]]:
    found: dict[UUID, list[Device]] = {}
    for row in hot.get_live_subscriptions(person_ids):
        found.setdefault(row.person_id, []).append(_device(row))
    return found


def _device(row: PushSubscription) -> Device:
    if row.kind == DeviceKind.WEBPUSH:
        return Device(
            subscription_id=row.pk,
            subscription=row.as_browser_gives_it(),
            origin=origin_of(row.endpoint),
            application_server_key=row.application_server_key,
        )
    environment = AppEnvironment(row.environment or AppEnvironment.PRODUCTION)
    return Device(
        subscription_id=row.pk,
        subscription={},
        origin=row.kind,
        app=AppDevice(token=row.endpoint, app_id=row.app_id, environment=environment),
        kind=DeviceKind(row.kind),
        locale=row.locale,
    )


def _in_its_language(
    device: Device, recipient: RecipientNotice, notice: Notice, row: Delivery, *, is_silent: bool
) -> Device:
    if device.locale in {"", recipient.locale}:
        return device
    payload = push_payload(
        recipient, notice, is_loud=row.is_loud, is_silent=is_silent, locale=device.locale
    )
    return replace(device, payload=payload)


def _reached(delivery_ids: Sequence[UUID]) -> dict[UUID, frozenset[int]]:
    """Devices that earlier attempts of these deliveries reached."""
    if not delivery_ids:
        return {}
    found: dict[UUID, frozenset[int]] = {}
    tries = Attempt.objects.filter(delivery__in=delivery_ids, outcome=Outcome.SENT)
    for delivery_id, subscription_id in tries.values_list("delivery_id", "subscription_id"):
        if subscription_id is not None:
            found[delivery_id] = found.get(delivery_id, frozenset()) | {subscription_id}
    return found


def get_next_due(channels: Collection[Channel], *, lane: Lane = Lane.SERVICE) -> datetime | None:
    """When the next delivery of `lane` through `channels` is due, if any waits."""
    heads = hot.get_heads(channels, lane=lane)
    return heads[0].due_at if heads else None
