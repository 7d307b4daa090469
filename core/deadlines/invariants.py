"""What must be true of promises: somebody can keep them, and they speak of something."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from core.deadlines.models import Deadline
from core.deadlines.registry import known_kinds, subjects_of_kinds
from core.invariants import Scope, invariant, told


@invariant
def find_astray_deadlines(_scope: Scope) -> Iterator[str]:
    """Promises about something that is gone, or that no dispatcher knows how to keep."""
    for model, kinds in subjects_of_kinds().items():
        subject = model._default_manager.filter(pk=OuterRef("subject"))
        lost = Deadline.objects.filter(~Exists(subject), kind__in=kinds)
        yield from told(lost, "{} is promised to {}, which is gone", "kind", "subject")
    unknown = Deadline.objects.exclude(kind__in=known_kinds())
    yield from told(unknown, "nobody knows {}, promised to {}", "kind", "subject")


@invariant
def find_failing_deadlines(_scope: Scope) -> Iterator[str]:
    """Promises whose handler has failed; the dispatcher's log tells why, as deadline.failed."""
    failing = Deadline.objects.filter(failures__gt=0)
    columns = ("kind", "subject", "failures", "due_at")
    yield from told(failing, "{} of {} has failed {} times, comes again {}", *columns)
