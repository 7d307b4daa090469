"""What is promised next; the promises of the running transaction are stored before a look."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from core.deadlines.commands import store_promises
from core.deadlines.models import Deadline
from core.events.work import current_work
from core.prepared import Prepared


FEW: Final = 2
"""Subjects of one look that is prepared: an order and its leg."""


def _promised_to(subjects: Sequence[UUID]) -> QuerySet[Deadline, tuple[UUID, str, datetime]]:
    rows = Deadline.objects.filter(subject__in=subjects, held_at__isnull=True)
    return rows.values_list("subject", "kind", "due_at")


@cache
def _promised(count: int) -> Prepared[tuple[UUID, str, datetime]]:
    """Read the promises of so many subjects."""
    return Prepared(lambda *subjects: _promised_to(subjects), *[UUID] * count)


def get_deadlines(subjects: Iterable[UUID]) -> dict[UUID, dict[str, datetime]]:
    """Running deadlines of each subject, by kind."""
    store_promises()
    found: dict[UUID, dict[str, datetime]] = {}
    ids = list(subjects)
    rows = _promised(len(ids))(*ids) if 0 < len(ids) <= FEW else _promised_to(ids)
    for subject, kind, due_at in rows:
        found.setdefault(subject, {})[kind] = due_at
    return found


def get_due(kind: str, *, subject: UUID) -> datetime | None:
    """When `kind` fires for the subject, if it is promised and not frozen."""
    work = current_work()
    promised = work.promises.get((kind, subject)) if work else None
    return promised or get_deadlines([subject]).get(subject, {}).get(kind)


def get_next_due(kinds: frozenset[str], *, until: datetime) -> datetime | None:
    """When the next deadline of these kinds is due, if any is by `until`.

    The bound keeps the look within the rows that are due soon, however many are pending.
    """
    return next(iter(_next_due(kinds)(until)), None)


@cache
def _next_due(kinds: frozenset[str]) -> Prepared[datetime]:
    def next_due(until: datetime) -> QuerySet[Deadline, datetime]:
        return _running(kinds).filter(due_at__lte=until).values_list("due_at", flat=True)[:1]

    return Prepared(next_due, datetime)


class Due(NamedTuple):
    """A deadline that was due when somebody looked."""

    row_id: int
    kind: str
    subject: UUID


def get_due_rows(kinds: frozenset[str], *, now: datetime, limit: int) -> list[Due]:
    """Deadlines of these kinds that are due and not frozen, the longest due first."""
    return [Due(*row) for row in _due_rows(kinds, limit)(now)]


@cache
def _due_rows(kinds: frozenset[str], limit: int) -> Prepared[tuple[int, str, UUID]]:
    def due(now: datetime) -> QuerySet[Deadline, tuple[int, str, UUID]]:
        due = _running(kinds).filter(due_at__lte=now)
        return due.values_list("pk", "kind", "subject")[:limit]

    return Prepared(due, datetime)


def _running(kinds: frozenset[str]) -> QuerySet[Deadline]:
    rows = Deadline.objects.filter(held_at__isnull=True, kind__in=sorted(kinds))
    return rows.order_by("due_at")
