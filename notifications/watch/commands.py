"""Looks at the queues, and alarms operators about one: once, until it is well again."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Final

from core.database import run_repeatedly
from core.environment import environment
from core.events.catalogue import QUEUE_ALARMED, QUEUE_RECOVERED
from core.events.facts import SYSTEM, Fact, Subject
from core.events.work import Work, reacts_to, unit_of_work
from notifications.commands import Draft, close_notices, send_notice
from notifications.models import Notice
from notifications.people import recipients_for
from notifications.policies import QUEUE_LATE, QUEUE_UNSERVED, Role
from notifications.queues import MARKETING, WEBHOOKS
from notifications.templates import TEMPLATES
from notifications.watch.models import QueueAlarm
from notifications.watch.policy import Cause, Depth, cause_of, is_calm
from notifications.watch.queries import get_alarms, get_depths
from notifications.watch.serving import shared_now
from notifications.watch.tally import depths


MOST_MINUTES: Final = 9_999
KINDS: Final = {Cause.UNSERVED: QUEUE_UNSERVED, Cause.LATE: QUEUE_LATE}


def late_seconds(queue: str) -> float | None:
    """How long what is due in `queue` may wait, in real time."""
    env = environment()
    if queue == WEBHOOKS:
        # Slow programs make their own messages wait, which their shops are told.
        return None
    return env.marketing_alarm_seconds if queue == MARKETING else env.queue_alarm_seconds


def watch_queues(*, now: datetime) -> list[Depth]:
    """Look once: keep what is seen for metrics, and raise or end alarms; return what is seen."""
    found = get_depths(now=now, at=shared_now())
    depths.update({depth.queue: depth for depth in found})
    alarmed = get_alarms()
    for depth in _changed(found, alarmed.keys()):
        run_repeatedly(partial(_change, depth, now=now))
    return found


def _changed(found: Iterable[Depth], alarmed: Iterable[str]) -> list[Depth]:
    standing = set(alarmed)
    return [
        depth
        for depth in found
        if (
            is_calm(depth, late_seconds=late_seconds(depth.queue))
            if depth.queue in standing
            else cause_of(depth, late_seconds=late_seconds(depth.queue)) is not None
        )
    ]


def _change(depth: Depth, *, now: datetime) -> None:
    with unit_of_work(now=now, actor=SYSTEM) as work:
        QueueAlarm.objects.get_or_create(queue=depth.queue)
        alarm = QueueAlarm.objects.select_for_update().get(queue=depth.queue)
        cause = cause_of(depth, late_seconds=late_seconds(depth.queue))
        # Another process may have seen the same, and told of it.
        if bool(alarm.cause) == bool(cause):
            return
        alarm.change(cause=cause or "", since=now if cause else None)
        work.record(
            QUEUE_ALARMED if cause else QUEUE_RECOVERED,
            subject=Subject(kind="queue", id=alarm.pk),
            version=alarm.version,
            data={
                "queue": depth.queue,
                "cause": alarm.cause,
                "due_count": depth.due_count,
                "minutes": min(MOST_MINUTES, int(depth.oldest_seconds // 60)),
            },
        )


@reacts_to(QUEUE_ALARMED)
def tell_operators(fact: Fact, work: Work) -> None:
    """Put it on the operators' desk."""
    kind = KINDS[Cause(fact.data["cause"])]
    declared = TEMPLATES[kind.template].variables
    draft = Draft(
        kind=kind,
        event_id=fact.id,
        topic="operators",
        subject=fact.subject.key,
        order_id=None,
        expires_at=work.now + kind.lifetime,
        variables={name: fact.data[name] for name in declared},
    )
    send_notice(draft, recipients=recipients_for(Role.OPERATORS, fact.subject.id), work=work)


@reacts_to(QUEUE_RECOVERED)
def untell_operators(fact: Fact, work: Work) -> None:
    """Take it off again."""
    told = Notice.objects.filter(subject=fact.subject.key, closed_at__isnull=True)
    close_notices(told.select_for_update().order_by("pk"), fact=fact, work=work)
