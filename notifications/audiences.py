"""Notices on the stream of each person: `user:<id>` holds what they have not dealt with."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core.events.audiences import audience, snapshot_source
from core.events.facts import Fact, Row
from core.events.work import get_held
from notifications.models import Notice, RecipientNotice
from notifications.views import notice_view


def _row(recipient: RecipientNotice) -> Row:
    return Row(
        topic=f"user:{recipient.person_id}",
        key=f"notice:{recipient.notice_id}",
        version=recipient.version,
        view=notice_view(recipient),
    )


@audience("notice")
def see_notices(fact: Fact) -> Sequence[Row]:
    """The inbox rows that the fact changed."""
    persons = fact.data.get("recipients")
    if not persons:
        return ()
    notice = get_held(Notice, fact.subject.id)
    if notice is not None and notice.inbox is not None:
        return [_row(row) for row in notice.inbox if str(row.person_id) in persons]
    rows = RecipientNotice.objects.select_related("notice").filter(
        notice=fact.subject.id, person__in=persons
    )
    return [_row(row) for row in rows]


@snapshot_source("user")
def unread_notices(person_id: UUID, _now: datetime) -> Sequence[Row]:
    """Everything the person has not dealt with."""
    rows = RecipientNotice.objects.select_related("notice").filter(
        person=person_id, closed_at__isnull=True
    )
    return [_row(row) for row in rows]
