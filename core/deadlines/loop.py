"""The one loop that fires deadlines; any number of workers may run it.

A worker reads which rows are due, then for each, in one transaction: locks the subject (the same
first lock as every command takes, so no deadlock), locks the deadline row, acts, removes it.
Whoever loses a row skips: the winner acts, or the row is still there at the next round. Workers
that read the same rows would meet at each of them, so who loses one also leaves some of the next
ones to the winner, and goes on from a place drawn by chance. A worker that is alone loses none,
and fires in the order in which things fell due.

One row after the other is slow work where every statement waits for the database, so a process has
a second thread that sleeps until much is due at once.

A worker that is killed held no more than the row under its hands, and the database lets go of
that with its connection: the others need not wait for a lease to end.
"""

import random
import threading
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections

from core.bell import bell
from core.changes import insert_values
from core.clock import clock
from core.database import is_transient, run_repeatedly
from core.deadlines.models import Deadline, FiredDeadline
from core.deadlines.queries import Due, get_due_rows, get_next_due
from core.deadlines.registry import WAKE_GROUP, kind_of, known_kinds
from core.events.facts import SYSTEM
from core.events.work import unit_of_work
from core.prepared import Prepared, PreparedChange
from core.quiet import quiet


log = structlog.get_logger(__name__)

BATCH = 200
IDLE_SECONDS = 0.5
"""Real seconds between polls when no bell rings: bounds lateness while the bus is down."""
AWAY_SECONDS = 0.5
"""Real seconds before a database that was away is asked again."""
PACE_SECONDS = 0.02
"""Least real seconds between two looks when no bell rings and nobody is late: one look for all
that has fallen due meanwhile."""
FAILURE_DELAY_SECONDS = 5
"""Business seconds before a handler that raised is tried again; doubles per failure."""
MAX_FAILURE_DOUBLINGS = 8
MANY = 4
"""Due rows of one look that are worth waking the second thread for."""

_many_are_due = threading.Event()

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


class Outcome(Enum):
    """What came of a row that was due."""

    FIRED = auto()
    LOST = auto()  # another fired it, holds its subject, or made it void
    FAILED = auto()  # the handler raised


def fire(due: Due, *, now: datetime) -> Outcome:
    """Fire one deadline if it is still due and nobody else has it."""
    kind = kind_of(due.kind)
    if kind is None:
        return Outcome.LOST
    with unit_of_work(now=now, actor=SYSTEM) as work:
        if kind.lock is not None and not kind.lock(due.subject):
            return Outcome.LOST
        for due_at in _take(due.row_id, now):
            _remove(due.row_id)
            kind.handler(due.subject, work)
            insert_values(FiredDeadline, [(due.row_id, due.kind, due.subject, due_at, now)])
            return Outcome.FIRED
    return Outcome.LOST


def fire_due(*, now: datetime) -> int:
    """Fire what is due at `now`; return how many acted."""
    rows = get_due_rows(known_kinds(), now=now, limit=BATCH)
    if len(rows) >= MANY:
        _many_are_due.set()
    at = fired = 0
    while at < len(rows):
        outcome = _try(rows[at], now=now)
        fired += outcome is Outcome.FIRED
        at += _steps_aside(len(rows) - at) if outcome is Outcome.LOST else 1
    return fired


def _steps_aside(left: int) -> int:
    """How many rows to go on, of those left, so as not to meet the winner again at the next."""
    return random.randint(1, max(1, left - 1))  # noqa: S311  no secret


def _try(due: Due, *, now: datetime) -> Outcome:
    """Fire one deadline; what it raises is its own affair, unless the database is gone."""
    try:
        return run_repeatedly(partial(fire, due, now=now))
    except OperationalError as error:
        if not is_transient(error):
            raise
        log.warning("deadline.contended", deadline=due.row_id)
        return Outcome.LOST
    except InterfaceError:
        raise
    except Exception:
        log.exception("deadline.failed", deadline=due.row_id)
        _postpone(due.row_id, now=now)
        return Outcome.FAILED


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
    woken = quiet.wakes(bell.waker(WAKE_GROUP))
    while not stop.is_set():
        try:
            close_old_connections()
            wait = _seconds_to_wait(fire_due(now=clock().now()))
        except (OperationalError, InterfaceError) as error:
            log.warning("deadlines.database_unavailable", error=str(error))
            wait = AWAY_SECONDS
        if wait > 0:
            woken.wait(wait)
        woken.clear()


def help_with_deadlines(stop: threading.Event) -> None:
    """Fire deadlines whenever another thread of this process has found many of them due."""
    while not stop.is_set():
        if not _many_are_due.wait(IDLE_SECONDS):
            continue
        _many_are_due.clear()
        try:
            close_old_connections()
            fire_due(now=clock().now())
        except (OperationalError, InterfaceError) as error:
            log.warning("deadlines.database_unavailable", error=str(error))


def _seconds_to_wait(fired: int) -> float:
    now, rest = clock().now(), quiet.rest_seconds(IDLE_SECONDS)
    due_at = get_next_due(known_kinds(), until=now + clock().technical(rest))
    if due_at is None:
        return rest
    ahead = clock().real_seconds(due_at - now)
    if fired and ahead < -PACE_SECONDS:
        return 0.0
    return min(max(ahead, PACE_SECONDS), rest)
