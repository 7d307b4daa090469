"""Asks, while the rows are locked, what their people chose, and moves what is not to be sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.events.work import Work
from notifications.digests.commands import gather
from notifications.escalation import Channel
from notifications.models import Delivery, Notice, PersonalDay, RecipientNotice
from notifications.policies import KINDS, Category
from notifications.preferences.policy import SHARED, effective, in_quiet_hours
from notifications.preferences.queries import Chosen, Days, get_chosen, get_days
from notifications.preferences.quiet import quiet_until
from notifications.preferences.rules import SEND, Outcome, Ruling, rule
from notifications.states import DeliveryTrigger


TRIGGERS: Mapping[Outcome, DeliveryTrigger] = {
    Outcome.CANCEL: DeliveryTrigger.CANCEL,
    Outcome.GATHER: DeliveryTrigger.CANCEL,
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
    work: Work,
) -> tuple[list[Delivery], frozenset[UUID]]:
    """Cancel, expire, put off or gather what its person does not want now.

    Return what is to be sent, and which of it silently. Whatever was chosen before the rows were
    locked counts, also for rows that were planned before it was chosen.
    """
    personal = [row for row in rows if row.channel not in SHARED]
    person_ids = {recipients[row.recipient_id].person_id for row in personal}
    days = get_days(person_ids)
    rulings = {row.pk: SEND for row in rows}
    chosen, peace = get_chosen(person_ids), Peace(days, now=work.now)
    for row in personal:
        person_id = recipients[row.recipient_id].person_id
        asked = Asked(row=row, template=notices[row.notice_id].template, person_id=person_id)
        rulings[row.pk] = asked.rule(chosen, peace)
    apply_rulings(rulings)
    _gather(personal, rulings, recipients, days, work=work)
    wanted = [row for row in rows if rulings[row.pk].outcome not in TRIGGERS]
    silent = [row.pk for row in wanted if rulings[row.pk].outcome is Outcome.SEND_SILENTLY]
    return wanted, frozenset(silent)


class Peace:
    """Until when people are not to be disturbed; those who said nothing share one answer."""

    def __init__(self, days: Days, *, now: datetime) -> None:
        self._days, self._now = days, now
        self._known: dict[tuple[UUID | None, Category], datetime | None] = {}

    def until(self, person_id: UUID, category: Category) -> datetime | None:
        """Return when it ends for this person and category, if it holds now."""
        key = (person_id if person_id in self._days else None, category)
        if key not in self._known:
            spans = self._days[person_id].quiet_spans(category)
            self._known[key] = quiet_until(spans, self._now)
        return self._known[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One message, what kind of news it carries, and to whom."""

    row: Delivery
    template: str
    person_id: UUID

    def rule(self, chosen: Chosen, peace: Peace) -> Ruling:
        """Decide what becomes of it."""
        kind, channel = KINDS[self.template], Channel(self.row.channel)
        stored = chosen.get((self.person_id, kind.category, channel))
        return rule(
            effective((kind.role, kind.category, channel), stored),
            in_quiet_hours(self.template),
            channel=channel,
            quiet_until=peace.until(self.person_id, kind.category),
            expires_at=self.row.expires_at,
        )


def _gather(
    rows: Sequence[Delivery],
    rulings: Mapping[UUID, Ruling],
    recipients: Recipients,
    days: Mapping[UUID, PersonalDay],
    *,
    work: Work,
) -> None:
    gathered: dict[UUID, list[Delivery]] = {}
    for row in rows:
        if rulings[row.pk].outcome is Outcome.GATHER:
            gathered.setdefault(recipients[row.recipient_id].person_id, []).append(row)
    gather(gathered, days, work=work)


def apply_rulings(rulings: Mapping[UUID, Ruling]) -> None:
    """Move the deliveries that are not to be sent now, those of one ruling together."""
    groups: dict[Ruling, list[UUID]] = {}
    for delivery_id, ruling in rulings.items():
        if ruling.outcome in TRIGGERS:
            groups.setdefault(ruling, []).append(delivery_id)
    for ruling, ids in groups.items():
        later = {} if ruling.due_at is None else {"due_at": ruling.due_at}
        Delivery.objects.filter(pk__in=ids).move(
            TRIGGERS[ruling.outcome], code=ruling.code, **later
        )
