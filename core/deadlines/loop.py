"""The one loop that fires deadlines; any number of workers may run it.

A worker reads which rows are due, then for each, in one transaction: locks the subject (the same
first lock as every command takes, so no deadlock), locks the deadline row, acts, removes it.
Whoever loses a lock skips: the winner acts, or the row is still there at the next round. Workers
that read the same rows so leapfrog, and a row that another has fired costs one short look.

A worker that is killed held no more than the row under its hands, and the database lets go of
that with its connection: the others need not wait for a lease to end.
"""

import threading
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections

from core.bell import bell
from core.changes import insert_values
from core.clock import clock
from core.database import is_transient, run_repeatedly
from core.deadlines.models import Deadline, FiredDeadline
from core.deadlines.queries import get_due_rows, get_next_due
from core.deadlines.registry import WAKE_GROUP, DeadlineKind, kind_of, known_kinds
from core.events.facts import SYSTEM
from core.events.work import unit_of_work
from core.prepared import Prepared, PreparedChange


log = structlog.get_logger(__name__)

BATCH = 200
IDLE_SECONDS = 0.5
"""Real seconds between polls when no bell rings: bounds lateness while the bus is down."""
PACE_SECONDS = 0.02
"""Least real seconds between two looks when no bell rings and nobody is late: one look for all
that has fallen due meanwhile."""
FAILURE_DELAY_SECONDS = 5
"""Business seconds before a handler that raised is tried again; doubles per failure."""
MAX_FAILURE_DOUBLINGS = 8

_look = Prepared(
    lambda pk: Deadline.objects.filter(pk=pk).values_list("kind", "subject"),
    int,
)
_take = Prepared(
    lambda pk, now: (
        Deadline.objects.select_for_update(skip_locked=True)
        .filter(pk=pk, due_at__lte=now, held_at__isnull=True)
        .values_list("due_at", flat=True)
    ),
    int,
    datetime,
)
_remove = PreparedChange(lambda pk: Deadline.objects.filter(pk=pk), int)


def fire(row_id: int, *, now: datetime) -> bool:
    """Fire one deadline if it is still due and nobody else has it; true when it acted."""
    for name, subject in _look(row_id):
        kind = kind_of(name)
        return kind is not None and _fire(row_id, kind, subject, now=now)
    return False


def _fire(row_id: int, kind: DeadlineKind, subject: UUID, *, now: datetime) -> bool:
    with unit_of_work(now=now, actor=SYSTEM) as work:
        if kind.lock is not None and not kind.lock(subject):
            return False
        for due_at in _take(row_id, now):
            _remove(row_id)
            kind.handler(subject, work)
            insert_values(FiredDeadline, [(kind.name, subject, due_at, now)])
            return True
    return False


def fire_due(*, now: datetime) -> int:
    """Fire what is due at `now`; return how many acted."""
    fired = 0
    for row_id in get_due_rows(known_kinds(), now=now, limit=BATCH):
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
    now = clock().now()
    due_at = get_next_due(known_kinds(), until=now + clock().technical(IDLE_SECONDS))
    if due_at is None:
        return IDLE_SECONDS
    ahead = clock().real_seconds(due_at - now)
    if fired and ahead < -PACE_SECONDS:
        return 0.0
    return min(max(ahead, PACE_SECONDS), IDLE_SECONDS)
