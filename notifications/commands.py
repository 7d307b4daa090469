"""Making, marking and ending notices: each a part of one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from core.changes import insert
from core.events.catalogue import (
    NOTIFICATION_ACTED,
    NOTIFICATION_CLOSED,
    NOTIFICATION_QUEUED,
    EventType,
)
from core.events.facts import Fact, Subject
from core.events.work import Work
from core.prepared import Prepared, PreparedChange
from notifications.escalation import Channel, Contacts, Step, planned_steps
from notifications.hot_statements import Planned, insert_deliveries
from notifications.ladders.memory import memory
from notifications.models import Delivery, Notice, RecipientNotice
from notifications.policies import NoticeKind
from notifications.states import DeliveryState, DeliveryTrigger, target_of
from notifications.templates import recorded_variables
from notifications.wakeups import wake_senders
from notifications.wechat.queries import get_linked


NOBODY: Final = UUID(int=0)

_cancel = PreparedChange(
    lambda notice, _code: Delivery.objects.filter(notice=notice).movable(DeliveryTrigger.CANCEL),
    UUID,
    str,
    changes=lambda _notice, code: {"state": target_of(DeliveryTrigger.CANCEL), "code": code},
)
_leave = PreparedChange(
    lambda notice, by, _now: RecipientNotice.objects.filter(
        ~Q(person=by), notice=notice, closed_at__isnull=True
    ),
    UUID,
    UUID,
    datetime,
    changes=lambda _notice, _by, now: {"version": F("version") + 1, "closed_at": now},
)
_inbox = Prepared(lambda notice: RecipientNotice.objects.filter(notice=notice), UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person to tell; a second contact is called only when the first stay silent."""

    person_id: UUID
    locale: str
    is_second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A notice before it is written."""

    kind: NoticeKind
    event_id: UUID
    topic: str
    subject: str
    order_id: UUID | None
    expires_at: datetime
    variables: Mapping[str, Any]


def send_notice(draft: Draft, *, recipients: Sequence[Recipient], work: Work) -> Notice | None:
    """Write the notice, the inbox rows and every step of its ladder; nothing for nobody."""
    if not recipients or draft.expires_at <= work.now:
        return None
    policy, ladder = memory.ladder_of(draft.kind, topic=draft.topic)
    notice = Notice.objects.create(
        event_id=draft.event_id,
        template=draft.kind.template,
        category=draft.kind.category,
        variables=recorded_variables(draft.kind.template, draft.variables),
        topic=draft.topic,
        subject=draft.subject,
        order_id=draft.order_id,
        created_at=work.now,
        expires_at=draft.expires_at,
        ladder=ladder,
    )
    rows = [
        RecipientNotice(notice=notice, person_id=each.person_id, locale=each.locale)
        for each in recipients
    ]
    insert(rows)
    if not connection.features.can_return_rows_from_bulk_insert:
        rows = list(RecipientNotice.objects.filter(notice=notice))
    inbox = {row.person_id: row for row in rows}
    work.hold(notice).inbox = rows
    steps = list(planned_steps(policy, start=work.now, expires_at=draft.expires_at))
    asks_wechat = any(step.channel is Channel.WECHAT for step, _ in steps)
    linked = get_linked(inbox, template=notice.template) if asks_wechat else frozenset()
    deliveries = [
        _delivery(notice, step, due_at, recipient=inbox[person_id] if person_id else None)
        for step, due_at in steps
        for person_id in _persons_of(step, recipients)
        if step.channel is not Channel.WECHAT or person_id in linked
    ]
    insert_deliveries(deliveries)
    record_notice(NOTIFICATION_QUEUED, notice, persons=inbox, work=work)
    wake_senders(
        work,
        frozenset(
            row.channel
            for row in deliveries
            if row.due_at <= work.now and row.state is DeliveryState.PENDING
        ),
    )
    return notice


def _persons_of(step: Step, recipients: Sequence[Recipient]) -> list[UUID | None]:
    if step.contacts is Contacts.SHARED:
        return [None]
    first = [each.person_id for each in recipients if not each.is_second]
    if step.contacts is Contacts.FIRST and first:
        return list(first)
    return [each.person_id for each in recipients]


def _delivery(
    notice: Notice, step: Step, due_at: datetime, *, recipient: RecipientNotice | None
) -> Planned:
    # The event stream of this very transaction carries what a board shows.
    on_board = step.channel is Channel.BOARD
    return Planned(
        notice_id=notice.pk,
        recipient_id=recipient.pk if recipient is not None else None,
        channel=step.channel,
        step=step.number,
        condition=step.condition,
        is_loud=step.is_loud,
        state=DeliveryState.SENT if on_board else DeliveryState.PENDING,
        due_at=due_at,
        expires_at=notice.expires_at,
    )


def close_notices(notices: Iterable[Notice], *, fact: Fact, work: Work) -> None:
    """End what nobody needs any more because of `fact`: `notices` are locked and open.

    When the deed that ended it was a recipient's own, that person has acted.
    """
    closing = {"closed_at": work.now, "close_code": fact.type.name}
    for notice in _with_inboxes(notices, work):
        recipients = (row.person_id for row in notice.inbox or ())
        person_id = next((each for each in recipients if str(each) == fact.actor.id), None)
        if notice.acted_at is not None:
            notice.advance(**closing)
        elif person_id is not None:
            _act(notice, person_id, work, **closing)
        else:
            notice.advance(**closing)
            _end(notice, NOTIFICATION_CLOSED, by=None, work=work)


def act_on(notice: Notice, *, person_id: UUID, work: Work) -> None:
    """Somebody acted: the later steps of every recipient end; the notice is locked."""
    for held in _with_inboxes([notice], work):
        _act(held, person_id, work)


def _with_inboxes(notices: Iterable[Notice], work: Work) -> list[Notice]:
    """Read the inbox rows of locked notices."""
    held = [work.hold(notice) for notice in notices]
    missing = {notice.pk: notice for notice in held if notice.inbox is None}
    rows = [row for notice_id in missing for row in _inbox(notice_id)]
    for row in rows:
        row.notice = missing[row.notice_id]
    for notice in missing.values():
        notice.inbox = [row for row in rows if row.notice_id == notice.pk]
    return held


def _act(notice: Notice, person_id: UUID, work: Work, **changes: Any) -> None:
    notice.advance(
        acted_at=work.now,
        acted_by=person_id,
        seen_at=notice.seen_at or work.now,
        delivered_at=notice.delivered_at or work.now,
        **changes,
    )
    _end(notice, NOTIFICATION_ACTED, by=person_id, work=work)


def _end(notice: Notice, kind: EventType, *, by: UUID | None, work: Work) -> None:
    """Cancel what waits and take the notice out of every inbox's unread ones."""
    code = "acted" if notice.acted_at else "closed"
    _cancel(notice.pk, code)
    unread = [row for row in notice.inbox or () if row.closed_at is None]
    if any(row.person_id != by for row in unread):
        _leave(notice.pk, by or NOBODY, work.now)
    for row in notice.inbox or ():
        if row.closed_at is None:
            row.leave(now=work.now)
        if row.person_id == by:
            row.mark_acted(now=work.now)
    record_notice(kind, notice, persons=[row.person_id for row in unread], work=work)


def record_notice(
    kind: EventType, notice: Notice, *, persons: Iterable[UUID], work: Work, **more: Any
) -> None:
    """State a fact about the notice; `persons` are those whose inbox row changed."""
    work.record(
        kind,
        subject=Subject(kind="notice", id=notice.pk),
        version=notice.version,
        data={
            "template": notice.template,
            "subject": notice.subject,
            "order_id": notice.order_id,
            "recipients": [str(person) for person in persons],
            **more,
        },
    )
