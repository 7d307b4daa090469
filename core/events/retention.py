"""Retention: what has served its time is removed, a little at a time.

One deadline row that sets itself again, so that any number of dispatchers do it once. Events stay:
they are the audit log. Streams lose their oldest entries; a stream's `floor` rises in the same
transaction, so that a client resuming from below it is given a snapshot instead of a gap.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Model, QuerySet

from core.deadlines.models import Deadline, FiredDeadline
from core.deadlines.registry import deadline_handler
from core.events.facts import SYSTEM
from core.events.models import Stream, StreamEntry
from core.events.work import Work, unit_of_work
from core.gate.models import CommandKey


DEADLINE_RETENTION: Final = "events.retention"
SUBJECT: Final = UUID(int=1)
"""There is one such job per database."""

KEEP_ENTRIES: Final = timedelta(hours=24)
KEEP_COMMAND_KEYS: Final = timedelta(hours=24)
KEEP_FIRED: Final = timedelta(days=7)
BATCH: Final = 2_000
"""Rows of a table that one transaction removes at most: it holds stream heads meanwhile."""
BETWEEN: Final = timedelta(minutes=10)
BETWEEN_BATCHES: Final = timedelta(seconds=1)


def ensure_retention(*, now: datetime) -> None:
    """Promise the next removal unless it is promised already."""
    with unit_of_work(now=now, actor=SYSTEM):
        Deadline.objects.get_or_create(
            kind=DEADLINE_RETENTION, subject=SUBJECT, defaults={"due_at": now}
        )


@deadline_handler(DEADLINE_RETENTION)
def remove_old_rows(subject: UUID, work: Work) -> None:
    """Remove one batch of each kind; come back soon while there is more."""
    now = work.now
    removed = (
        remove_entries(before=now - KEEP_ENTRIES),
        _remove(CommandKey.objects.filter(created_at__lt=now - KEEP_COMMAND_KEYS)),
        _remove(FiredDeadline.objects.filter(fired_at__lt=now - KEEP_FIRED)),
    )
    pause = BETWEEN_BATCHES if max(removed) >= BATCH else BETWEEN
    Deadline.objects.create(kind=DEADLINE_RETENTION, subject=subject, due_at=now + pause)


def remove_entries(*, before: datetime) -> int:
    """Remove stream entries older than `before`, oldest first, and raise their streams' floors.

    Streams are locked in the order in which publishing locks them. An entry with a lower number
    goes along whatever its time, so that what is left of a stream has no hole.
    """
    rows = StreamEntry.objects.filter(created_at__lt=before).order_by("created_at")
    oldest = list(rows.values_list("topic", "seq")[:BATCH])
    floors: dict[str, int] = {}
    for topic, seq in oldest:
        floors[topic] = max(seq, floors.get(topic, 0))
    for topic, seq in sorted(floors.items()):
        Stream.objects.filter(topic=topic, floor__lt=seq).update(floor=seq)
        StreamEntry.objects.filter(topic=topic, seq__lte=seq).delete()
    return len(oldest)


def _remove(rows: QuerySet[Model]) -> int:
    """Delete at most one batch; by key, since not every database limits a DELETE."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    rows.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)
