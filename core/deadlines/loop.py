"""The one loop that fires deadlines; any number of workers may run it.

A worker reads which rows are due, then for each, in one transaction: locks the subject (the same
first lock as every command takes, so no deadlock), locks the deadline row, acts, removes it.
Whoever loses a lock skips: the winner acts, or the row is still there at the next round.
"""

import threading
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections

from core.bell import bell
from core.clock import clock
from core.database import is_transient, run_repeatedly
from core.deadlines.models import Deadline, FiredDeadline
from core.deadlines.queries import get_next_due
from core.deadlines.registry import WAKE_GROUP, kind_of, known_kinds
from core.events.facts import SYSTEM
from core.events.work import unit_of_work


log = structlog.get_logger(__name__)

BATCH = 200
IDLE_SECONDS = 0.5
"""Real seconds between polls when no bell rings: bounds lateness while the bus is down."""
CONTENDED_SECONDS = 0.02
FAILURE_DELAY_SECONDS = 5
"""Business seconds before a handler that raised is tried again; doubles per failure."""
MAX_FAILURE_DOUBLINGS = 8


def fire(row_id: int, *, now: datetime) -> bool:
    """Fire one deadline if it is still due and nobody else has it; true when it acted."""
    row = Deadline.objects.filter(pk=row_id).first()
    kind = kind_of(row.kind) if row else None
    if row is None or kind is None:
        return False
    with unit_of_work(now=now, actor=SYSTEM) as work:
        if kind.lock is not None and not kind.lock(row.subject):
            return False
        locked = (
            Deadline.objects.select_for_update(skip_locked=True)
            .filter(pk=row_id, due_at__lte=now, held_at__isnull=True)
            .first()
        )
        if locked is None:
            return False
        due_at = locked.due_at
        locked.delete()
        kind.handler(row.subject, work)
        FiredDeadline.objects.create(
            kind=row.kind, subject=row.subject, due_at=due_at, fired_at=now
        )
    return True


def fire_due(*, now: datetime) -> int:
    """Fire what is due at `now`; return how many acted."""
    ids = list(
        Deadline.objects.filter(
            held_at__isnull=True, due_at__lte=now, kind__in=list(known_kinds())
        )
        .order_by("due_at")
        .values_list("pk", flat=True)[:BATCH]
    )
    fired = 0
    for row_id in ids:
        try:
            fired += run_repeatedly(partial(fire, row_id, now=now))
        except OperationalError as error:
            if not is_transient(error):
                raise
            log.warning("deadline.contended", deadline=row_id)
        except InterfaceError:
            raise
        except Exception:
            log.exception("deadline.failed", deadline=row_id)
            _postpone(row_id, now=now)
    return fired


def _postpone(row_id: int, *, now: datetime) -> None:
    """Try a failing handler again later, so that it cannot block the others."""
    row = Deadline.objects.filter(pk=row_id).first()
    if row is None:
        return
    delay = FAILURE_DELAY_SECONDS * 2 ** min(row.failures, MAX_FAILURE_DOUBLINGS)
    Deadline.objects.filter(pk=row_id, due_at__lte=now).update(
        due_at=now + timedelta(seconds=delay), failures=row.failures + 1
    )


def run_deadlines(stop: threading.Event) -> None:
    """Fire deadlines until `stop` is set; survives a database that comes and goes."""
    woken = bell.waker(WAKE_GROUP)
    while not stop.is_set():
        close_old_connections()
        try:
            now = clock().now()
            fired = fire_due(now=now)
            wait = _seconds_to_wait(fired)
        except (OperationalError, InterfaceError) as error:
            log.warning("deadlines.database_unavailable", error=str(error))
            wait = IDLE_SECONDS
        if wait > 0:
            woken.wait(wait)
        woken.clear()


def _seconds_to_wait(fired: int) -> float:
    due_at = get_next_due(known_kinds())
    if due_at is None:
        return IDLE_SECONDS
    ahead = clock().real_seconds(due_at - clock().now())
    if ahead <= 0:
        return 0.0 if fired else CONTENDED_SECONDS
    return min(ahead, IDLE_SECONDS)
