"""How fast alerts reach a screen, and whether any was lost or told twice; for operators."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, QuerySet

from core.clock import clock
from notifications.channels.result import Outcome
from notifications.models import Attempt, Notice
from notifications.policies import KINDS


SAMPLE: Final = 1_000
"""Notices of the span, the newest, whose way is measured."""
LOST_AFTER: Final = timedelta(minutes=2)
"""What nobody has by then, though nobody ended it, counts as lost."""
MOST_COUNTED: Final = 1_000
CALLING: Final = [kind.template for kind in KINDS.values() if kind.policy.needs_act]


def get_arrivals(*, since: datetime, now: datetime) -> dict[str, Any]:
    """Real seconds from COMMIT to the first device that confirmed, and what went wrong.

    Only notices that somebody must act on are counted: devices confirm those.
    """
    rows = Notice.objects.filter(template__in=CALLING, created_at__gte=since, created_at__lte=now)
    found = rows.filter(delivered_at__isnull=False).order_by("-created_at")
    times = found.values_list("created_at", "delivered_at")[:SAMPLE]
    took = sorted(clock().real_seconds(end - start) for start, end in times if end is not None)
    return {
        "count": len(took),
        "p50_seconds": _percentile(took, 50),
        "p95_seconds": _percentile(took, 95),
        "lost_count": _lost(rows, now).count(),
        "duplicate_count": _sent_twice(since).count(),
    }


def _percentile(values: Sequence[float], percent: int) -> float | None:
    """Nearest rank of `values`, which are sorted; none of none."""
    if not values:
        return None
    return round(values[-(-len(values) * percent // 100) - 1], 3)


def _lost(rows: QuerySet[Notice], now: datetime) -> QuerySet[Notice, Any]:
    waiting = rows.filter(created_at__lt=now - LOST_AFTER, delivered_at__isnull=True)
    return waiting.filter(seen_at__isnull=True, closed_at__isnull=True).values("pk")[:MOST_COUNTED]


def _sent_twice(since: datetime) -> QuerySet[Attempt, Any]:
    """Messages that one device's vendor took more than once, though nobody sent them again."""
    taken = Attempt.objects.filter(
        outcome=Outcome.SENT, delivery__notice__created_at__gte=since, delivery__replay_count=0
    )
    each = taken.values("delivery", "subscription_id").annotate(times=Count("pk")).order_by()
    return each.filter(times__gt=1)[:MOST_COUNTED]
