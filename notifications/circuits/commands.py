"""Writes into the rows what answers made of their origins, and tells operators once."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from core.events.catalogue import PUSH_ORIGIN_STOPPED
from core.events.facts import Fact, Subject
from core.events.work import Work, reacts_to
from notifications.circuits.gates import Change, ChangeKind
from notifications.circuits.models import PushCircuit
from notifications.commands import Draft, send_notice
from notifications.people import recipients_for
from notifications.policies import PUSH_STOPPED, Role


WEIGHTS = {ChangeKind.CLOSE: 0, ChangeKind.OPEN: 1, ChangeKind.STOP: 2}


def note_changes(changes: Iterable[Change], *, work: Work) -> None:
    """Shut and open origins; of several changes of one the gravest counts."""
    gravest: dict[str, Change] = {}
    for change in changes:
        known = gravest.get(change.origin)
        if known is None or _weight(change) > _weight(known):
            gravest[change.origin] = change
    for origin in sorted(gravest):
        change = gravest[origin]
        if change.kind is ChangeKind.CLOSE:
            PushCircuit.objects.filter(origin=origin).delete()
        else:
            _shut(change, work=work)


def _weight(change: Change) -> tuple[int, bool, float]:
    return WEIGHTS[change.kind], change.is_sure, change.asked_seconds or 0.0


def _shut(change: Change, *, work: Work) -> None:
    fresh = PushCircuit(origin=change.origin, opened_at=work.now, until=work.now)
    PushCircuit.objects.bulk_create([fresh], ignore_conflicts=True)  # two senders may be first
    row = PushCircuit.objects.select_for_update().get(origin=change.origin)
    must_tell = row.shut(change, now=work.now)
    row.save()
    if must_tell:
        work.record(
            PUSH_ORIGIN_STOPPED,
            subject=Subject(kind="push_origin", id=row.identity),
            version=1,
            data={"host": urlsplit(row.origin).hostname or row.origin, "code": row.code},
        )


@reacts_to(PUSH_ORIGIN_STOPPED)
def tell_operators(fact: Fact, work: Work) -> None:
    """Put it on the operators' desk."""
    draft = Draft(
        kind=PUSH_STOPPED,
        event_id=fact.id,
        topic="operators",
        subject=fact.subject.key,
        order_id=None,
        expires_at=work.now + PUSH_STOPPED.lifetime,
        variables={"host": fact.data["host"]},
    )
    send_notice(draft, recipients=recipients_for(Role.OPERATORS, fact.subject.id), work=work)
