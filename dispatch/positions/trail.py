"""What of a courier's positions is kept: one in fifteen seconds, for a week."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from core.deadlines.models import Deadline
from core.deadlines.registry import deadline_handler
from core.events.facts import SYSTEM
from core.events.work import Work, unit_of_work
from dispatch.models import CourierShift, TrailPoint
from dispatch.positions.in_rows import columns_of
from dispatch.positions.reports import Fix


SAMPLE_EVERY: Final = timedelta(seconds=15)
KEEP_TRAIL: Final = timedelta(days=7)
MOST_POINTS: Final = 1_000
BATCH: Final = 2_000
DEADLINE_TRAIL: Final = "courier.trail"
SUBJECT: Final = UUID(int=2)
"""There is one such job per database."""
BETWEEN: Final = timedelta(minutes=10)
BETWEEN_BATCHES: Final = timedelta(seconds=1)


def is_due(sampled_at: datetime | None, fix: Fix) -> bool:
    """Whether it is time to keep a point."""
    return sampled_at is None or fix.at - sampled_at >= SAMPLE_EVERY


def sampled(fixes: Iterable[Fix], sampled_at: datetime | None) -> Iterator[Fix]:
    """Yield those of several fixes, oldest first, that are kept."""
    for fix in fixes:
        if is_due(sampled_at, fix):
            sampled_at = fix.at
            yield fix


def keep_trail(courier_id: UUID, points: Iterable[Fix], last: Fix) -> bool:
    """Add points to the trail and let the courier's row hold the last fix; false when it is old.

    Of two processes that keep the same moment's point, one does.
    """
    kept = list(points)
    older = Q(position_at__isnull=True) | Q(position_at__lt=last.at)
    rows = CourierShift.objects.filter(older, pk=courier_id)
    with transaction.atomic():
        if not rows.update(**columns_of(last), sampled_at=kept[-1].at):
            return False
        TrailPoint.objects.bulk_create(
            TrailPoint(
                courier_id=courier_id,
                at=fix.at,
                latitude=fix.latitude,
                longitude=fix.longitude,
                accuracy_metres=fix.accuracy_metres,
            )
            for fix in kept
        )
    return True


def get_trail(courier_id: UUID, *, since: datetime) -> list[TrailPoint]:
    """Return where the courier was since then, oldest first, at most a thousand points."""
    rows = TrailPoint.objects.filter(courier=courier_id, at__gte=since)
    return list(rows.order_by("at")[:MOST_POINTS])


def ensure_trail_ends(*, now: datetime) -> None:
    """Promise the next removal of old points unless it is promised already."""
    with unit_of_work(now=now, actor=SYSTEM):
        Deadline.objects.get_or_create(
            kind=DEADLINE_TRAIL, subject=SUBJECT, defaults={"due_at": now}
        )


@deadline_handler(DEADLINE_TRAIL)
def remove_old_points(subject: UUID, work: Work) -> None:
    """Remove one batch; come back soon while there is more."""
    old = TrailPoint.objects.filter(at__lt=work.now - KEEP_TRAIL).order_by("at")
    keys = list(old.values_list("pk", flat=True)[:BATCH])
    TrailPoint.objects.filter(pk__in=keys).delete()
    pause = BETWEEN_BATCHES if len(keys) == BATCH else BETWEEN
    Deadline.objects.create(kind=DEADLINE_TRAIL, subject=subject, due_at=work.now + pause)
