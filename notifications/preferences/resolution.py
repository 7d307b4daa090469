"""Asks, while the rows are locked, what their people chose, and moves what is not to be sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from notifications.escalation import Channel
from notifications.models import Delivery, Notice, RecipientNotice
from notifications.policies import KINDS, Category
from notifications.preferences.policy import SHARED, effective, in_quiet_hours
from notifications.preferences.queries import get_chosen, get_days
from notifications.preferences.quiet import quiet_until
from notifications.preferences.rules import Outcome, Ruling, rule
from notifications.states import DeliveryTrigger


TRIGGERS: Mapping[Outcome, DeliveryTrigger] = {
    Outcome.CANCEL: DeliveryTrigger.CANCEL,
    Outcome.EXPIRE: DeliveryTrigger.EXPIRE,
    Outcome.WAIT: DeliveryTrigger.WAIT,
}

Recipients = Mapping[Any, RecipientNotice]
"""The inbox rows that the deliveries are for, by number."""


def heed_choices(
    rows: Sequence[Delivery],
    notices: Mapping[UUID, Notice],
    recipients: Recipients,
    *,
    now: datetime,
) -> tuple[list[Delivery], frozenset[UUID]]:
    """Cancel, expire or put off what its person does not want now.

    Return what is to be sent, and which of it silently. Whatever was chosen before the rows were
    locked counts, also for rows that were planned before it was chosen.
    """
    rulings = _rulings(rows, notices, recipients, now=now)
    _apply(rulings)
    wanted = [row for row in rows if rulings[row.pk].outcome not in TRIGGERS]
    silent = [row.pk for row in wanted if rulings[row.pk].outcome is Outcome.SEND_SILENTLY]
    return wanted, frozenset(silent)


def _rulings(
    rows: Sequence[Delivery],
    notices: Mapping[UUID, Notice],
    recipients: Recipients,
    *,
    now: datetime,
) -> dict[UUID, Ruling]:
    personal = [row for row in rows if row.channel not in SHARED]
    person_ids = {recipients[row.recipient_id].person_id for row in personal}
    chosen, days = get_chosen(person_ids), get_days(person_ids)
    rulings = {row.pk: Ruling(outcome=Outcome.SEND) for row in rows}
    for row in personal:
        person_id = recipients[row.recipient_id].person_id
        kind = KINDS[notices[row.notice_id].template]
        channel = Channel(row.channel)
        stored = chosen.get((person_id, kind.category, channel))
        spans = days[person_id].quiet_spans if person_id in days else ()
        rulings[row.pk] = rule(
            effective((kind.role, Category(kind.category), channel), stored),
            in_quiet_hours(kind.template),
            channel=channel,
            quiet_until=quiet_until(spans, now),
            expires_at=row.expires_at,
        )
    return rulings


def _apply(rulings: Mapping[UUID, Ruling]) -> None:
    groups: dict[Ruling, list[UUID]] = {}
    for delivery_id, ruling in rulings.items():
        if ruling.outcome in TRIGGERS:
            groups.setdefault(ruling, []).append(delivery_id)
    for ruling, ids in groups.items():
        later = {} if ruling.due_at is None else {"due_at": ruling.due_at}
        Delivery.objects.filter(pk__in=ids).move(
            TRIGGERS[ruling.outcome], code=ruling.code, **later
        )
