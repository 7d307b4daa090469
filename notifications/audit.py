"""The whole story of one notice: its cause, whom it was for, and what became of each step."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from core.events.models import Event
from core.orders.models import Order
from core.people.models import Person
from notifications.channels.result import Outcome
from notifications.escalation import Channel
from notifications.models import Attempt, Delivery, Notice, PushSubscription, RecipientNotice
from notifications.policies import KINDS
from notifications.registered import service_of
from notifications.replays.refusals import needs_confirmation, refusal_of
from notifications.templates import words_for


TEXTED: Final = (Channel.SMS, Channel.CALL)
CHARGED: Final = (Outcome.SENT, Outcome.UNKNOWN)
"""What a vendor took, or may have taken, it charges for."""
SHOWN_EVENTS: Final = 200


def get_audit(notice: Notice, *, now: datetime, only: Person | None = None) -> dict[str, Any]:
    """Everything that happened to a notice; to one recipient when `only` is given."""
    recipients = notice.recipients.select_related("person").order_by("pk")
    deliveries = notice.deliveries.order_by("step", "channel", "pk")
    if only is not None:
        recipients = recipients.filter(person=only)
        deliveries = deliveries.filter(Q(recipient__person=only) | Q(recipient__isnull=True))
    rows = list(deliveries)
    tries = list(
        Attempt.objects.filter(delivery__in=[row.pk for row in rows]).order_by("number", "pk")
    )
    devices = _devices({each.subscription_id for each in tries if each.subscription_id})
    by_delivery: dict[UUID, list[dict[str, Any]]] = {}
    for attempt in tries:
        view = _attempt(attempt, devices)
        by_delivery.setdefault(attempt.delivery_id, []).append(view)
    people = {row.pk: row.person_id for row in recipients}
    history = _history(notice) if only is None else []
    return {
        **_notice(notice),
        "recipients": [_recipient(row) for row in recipients],
        "deliveries": [
            _delivery(row, people.get(row.recipient_id or 0), by_delivery.get(row.pk, []))
            | _replay(row, notice, now=now)
            for row in rows
        ],
        "charged_count": _charged_count(rows, tries),
        "fact": _fact(notice, with_reason=only is None),
        "history": history,
        "people": _names([*people.values(), notice.acted_by, *_actors(history)]),
    }


def _notice(notice: Notice) -> dict[str, Any]:
    kind = KINDS[notice.template]
    number = None
    if notice.order_id is not None:
        number = Order.objects.filter(pk=notice.order_id).values_list("number", flat=True).first()
    return {
        "id": notice.pk,
        "event_id": notice.event_id,
        "template": notice.template,
        "category": notice.category,
        "policy": kind.policy.name,
        "needs_act": kind.policy.needs_act,
        "variables": notice.variables,
        "topic": notice.topic,
        "subject": notice.subject,
        "order_id": notice.order_id,
        "order_number": number,
        "created_at": notice.created_at,
        "expires_at": notice.expires_at,
        "delivered_at": notice.delivered_at,
        "seen_at": notice.seen_at,
        "acted_at": notice.acted_at,
        "acted_by": notice.acted_by,
        "closed_at": notice.closed_at,
        "close_code": notice.close_code,
        "ladder": notice.ladder,
    }


def _recipient(row: RecipientNotice) -> dict[str, Any]:
    words = words_for(row.notice.template, row.locale, row.notice.variables)
    return {
        "person": {"id": row.person_id, "name": row.person.name},
        "locale": row.locale,
        "title": words.title,
        "body": words.body,
        "delivered_at": row.delivered_at,
        "seen_at": row.seen_at,
        "acted_at": row.acted_at,
        "closed_at": row.closed_at,
    }


def _delivery(
    row: Delivery, person_id: UUID | None, tries: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": row.pk,
        "person_id": person_id,
        "channel": row.channel,
        "lane": row.lane,
        "step": row.step,
        "condition": row.condition,
        "is_loud": row.is_loud,
        "state": row.state,
        "due_at": row.due_at,
        "expires_at": row.expires_at,
        "lease_until": row.lease_until,
        "attempts": row.attempts,
        "provider": row.provider,
        "provider_id": row.provider_id,
        "code": row.code,
        "ask_at": row.ask_at,
        "replay_count": row.replay_count,
        "tries": tries,
    }


def _replay(row: Delivery, notice: Notice, *, now: datetime) -> dict[str, Any]:
    refusal = refusal_of(row, notice, now=now)
    return {
        "can_replay": refusal is None,
        "why_not": refusal.code if refusal is not None else "",
        "needs_confirmation": needs_confirmation(row),
    }


def _attempt(attempt: Attempt, devices: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    took = attempt.finished_at - attempt.started_at
    return {
        "number": attempt.number,
        "subscription_id": attempt.subscription_id,
        "device": devices.get(attempt.subscription_id or 0),
        "started_at": attempt.started_at,
        "finished_at": attempt.finished_at,
        "took_ms": round(took.total_seconds() * 1000),
        "outcome": attempt.outcome,
        "code": attempt.code,
        "provider": attempt.provider,
        "provider_id": attempt.provider_id,
    }


def _charged_count(rows: Iterable[Delivery], tries: Iterable[Attempt]) -> int:
    """How many texts and calls vendors took, or may have taken."""
    texts = {row.pk for row in rows if row.channel in TEXTED}
    return sum(each.delivery_id in texts and each.outcome in CHARGED for each in tries)


def _devices(ids: Collection[int]) -> dict[int, dict[str, Any]]:
    found = PushSubscription.objects.filter(pk__in=ids)
    return {
        row.pk: {
            "id": row.pk,
            "kind": row.kind,
            "service": service_of(row),
            "created_at": row.created_at,
            "gone_at": row.gone_at,
            "gone_code": row.gone_code,
        }
        for row in found
    }


def _fact(notice: Notice, *, with_reason: bool) -> dict[str, Any] | None:
    """Return the fact that caused it; a campaign and a digest are caused by none."""
    event = Event.objects.filter(pk=notice.event_id).first()
    if event is None:
        return None
    view = _event(event)
    actor = {name: value for name, value in event.actor.items() if name != "reason"}
    return view if with_reason else {**view, "actor": actor}


def _history(notice: Notice) -> list[dict[str, Any]]:
    events = Event.objects.filter(subject=f"notice:{notice.pk}").order_by("id")
    return [_event(each) for each in events[:SHOWN_EVENTS]]


def _event(event: Event) -> dict[str, Any]:
    told = {
        name: event.data[name] for name in ("step", "deliveries", "reason") if name in event.data
    }
    return {
        "type": event.type,
        "subject": event.subject,
        "at": event.occurred_at,
        "actor": event.actor,
        "data": told,
    }


def _actors(events: Iterable[Mapping[str, Any]]) -> list[UUID]:
    ids = {each["actor"].get("id") for each in events}
    return [UUID(text) for text in ids if text]


def _names(ids: Iterable[UUID | None]) -> dict[str, str]:
    wanted = {each for each in ids if each is not None}
    return {
        str(pk): name
        for pk, name in Person.objects.filter(pk__in=wanted).values_list("pk", "name")
    }
