"""Setting, clearing and freezing deadlines: part of the caller's transaction.

What one transaction promises is stored in one statement, by whoever first reads or changes rows,
and at the latest when the transaction ends.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from uuid import UUID

from core.changes import replace
from core.deadlines.models import Deadline
from core.deadlines.registry import WAKE_GROUP
from core.events.work import Work, before_end, current_work
from core.prepared import PreparedChange


def set_deadline(kind: str, *, subject: UUID, due_at: datetime, work: Work) -> None:
    """Make `kind` fire for `subject` at `due_at`, replacing an earlier promise of that kind."""
    work.promises[kind, subject] = due_at
    work.wake(WAKE_GROUP)


@before_end
def store_promises(work: Work | None = None) -> None:
    """Store what the transaction has promised so far, replacing what it promised before it."""
    work = work or current_work()
    if work is None or not work.promises:
        return
    # In one order everywhere, so that no two transactions wait in a circle.
    promised = sorted(work.promises.items())
    rows = [(kind, subject, due_at, None, 0) for (kind, subject), due_at in promised]
    replace(Deadline, rows)
    work.promises.clear()


def hasten_deadlines(kind: str, *, subjects: Iterable[UUID], work: Work) -> None:
    """Let `kind` fire now for each subject it is promised to for later; one statement."""
    store_promises()
    rows = Deadline.objects.filter(kind=kind, subject__in=list(subjects), held_at__isnull=True)
    if rows.filter(due_at__gt=work.now).update(due_at=work.now):
        work.wake(WAKE_GROUP)


@cache
def _clear(kinds: tuple[str, ...] | None) -> PreparedChange:
    if kinds is None:
        return PreparedChange(lambda subject: Deadline.objects.filter(subject=subject), UUID)
    return PreparedChange(
        lambda subject: Deadline.objects.filter(subject=subject, kind__in=kinds), UUID
    )


def clear_deadlines(*, subject: UUID, kinds: Iterable[str] | None = None) -> None:
    """Drop the promises of `kinds` (all when absent) for `subject`."""
    if kinds is not None:
        kinds = tuple(kinds)
    _clear(kinds)(subject)
    work = current_work()
    if work is not None:
        for kind, promised in tuple(work.promises):
            if promised == subject and (kinds is None or kind in kinds):
                del work.promises[kind, promised]


def hold_deadlines(*, subject: UUID, kinds: Iterable[str] | None = None, now: datetime) -> None:
    """Freeze the promises of `kinds` (all when absent): they do not fire until released."""
    store_promises()
    rows = Deadline.objects.filter(subject=subject, held_at__isnull=True)
    if kinds is not None:
        rows = rows.filter(kind__in=list(kinds))
    rows.update(held_at=now)


def release_deadlines(*, subject: UUID, work: Work) -> None:
    """Let frozen promises run again, later by as long as they were frozen."""
    store_promises()
    for row in Deadline.objects.filter(subject=subject, held_at__isnull=False):
        if row.held_at is not None:
            row.due_at += work.now - row.held_at
            row.held_at = None
            row.save(update_fields=["due_at", "held_at"])
    work.wake(WAKE_GROUP)
