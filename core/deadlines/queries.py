"""What is promised next; the promises of the running transaction are stored before a look."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from core.deadlines.commands import store_promises
from core.deadlines.models import Deadline
from core.events.work import current_work


def get_deadlines(subjects: Iterable[UUID]) -> dict[UUID, dict[str, datetime]]:
    """Running deadlines of each subject, by kind."""
    store_promises()
    found: dict[UUID, dict[str, datetime]] = {}
    rows = Deadline.objects.filter(subject__in=list(subjects), held_at__isnull=True)
    for subject, kind, due_at in rows.values_list("subject", "kind", "due_at"):
        found.setdefault(subject, {})[kind] = due_at
    return found


def get_due(kind: str, *, subject: UUID) -> datetime | None:
    """When `kind` fires for the subject, if it is promised and not frozen."""
    work = current_work()
    promised = work.promises.get((kind, subject)) if work else None
    return promised or get_deadlines([subject]).get(subject, {}).get(kind)


def get_next_due(kinds: Iterable[str]) -> datetime | None:
    """When the next deadline of these kinds is due, if any is promised."""
    rows = Deadline.objects.filter(held_at__isnull=True, kind__in=list(kinds))
    return rows.order_by("due_at").values_list("due_at", flat=True).first()
