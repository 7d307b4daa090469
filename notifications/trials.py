"""A push that somebody sends to themselves, to see that it arrives: by the way of every other."""

from datetime import datetime, timedelta
from typing import Final

from core.errors import PaidanError
from core.events.facts import Subject
from core.events.work import Work
from core.identifiers import new_id
from core.people.models import Person
from notifications.commands import Draft, send_notice
from notifications.models import Notice
from notifications.people import recipient
from notifications.policies import TRIAL


SPAN: Final = timedelta(minutes=5)
MOST: Final = 3
"""Of one person within the span."""


class TriedTooOften(PaidanError):
    """They have sent themselves enough for now; `until` says when again."""

    code = "tried_too_often"
    title = "That was tried often enough; please wait a few minutes."
    status = 429
    retryable = True


def try_push(*, person: Person, work: Work) -> Notice | None:
    """Send the person a test, at most three in five minutes; nothing to one who left.

    :raises TriedTooOften: they have sent themselves enough for now.
    """
    # Their row, so that no two tries count at the same time.
    list(Person.objects.select_for_update().filter(pk=person.pk).values_list("pk"))
    subject = Subject(kind="person", id=person.pk).key
    recent = Notice.objects.filter(
        subject=subject, template=TRIAL.template, created_at__gt=work.now - SPAN
    )
    times: list[datetime] = sorted(recent.values_list("created_at", flat=True))
    if len(times) >= MOST:
        raise TriedTooOften(until=(times[-MOST] + SPAN).isoformat())
    draft = Draft(
        kind=TRIAL,
        event_id=new_id(),
        topic=f"user:{person.pk}",
        subject=subject,
        order_id=None,
        expires_at=work.now + TRIAL.lifetime,
        variables={},
    )
    return send_notice(draft, recipients=recipient(person), work=work)
