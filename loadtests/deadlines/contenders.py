"""The two ways to have something happen later, each with two workers on its own services."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from celery import Celery

from loadtests.deadlines.probes import Ledger, Schedule
from loadtests.measure.paidan import Installation, dispatcher, install
from loadtests.measure.processes import PYTHON, Server, ServerFailed, server
from tests.services import mariadb, redis


WORKERS = 2
_REST_SECONDS = 3.0
"""Before the first deadline: what it took to set them has settled."""
_WARMING_COUNT = 50
_TASKS_PER_SECOND = 400
_TASK = "loadtests.peers.celery_peer.act"


@dataclass(frozen=True)
class Stage:
    """One contender whose first deadline is a moment ahead."""

    ledger: Ledger
    workers: Sequence[Server]
    begin: datetime
    cpu_before: float
    """Of the workers, idle."""
    patience_seconds: float
    """After the last due time, what has not fired is lost."""


Start = Callable[[Path, Schedule], AbstractContextManager[Stage]]


def used(workers: Sequence[Server]) -> float:
    """CPU seconds of all workers."""
    return sum(worker.cpu_seconds() for worker in workers)


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def _check_in_time(begin: datetime) -> None:
    if datetime.now(UTC) > begin:
        raise ServerFailed("setting the deadlines took longer than until the first")


@contextmanager
def paidan(folder: Path, schedule: Schedule) -> Iterator[Stage]:
    """Two `manage.py dispatcher`, at work before the first is due; all of `pending` are rows."""
    with mariadb() as database, redis() as bus, ExitStack() as stack:
        made = install(folder, database_url=database.url, redis_url=bus.url)
        ledger = Ledger(database.url)
        stack.callback(ledger.close)
        ledger.make_tables()
        seconds_per_row = _set_waiting(ledger, schedule)
        workers = [
            stack.enter_context(dispatcher(_own_place(made, folder / str(number))))
            for number in range(WORKERS)
        ]
        for worker in workers:
            worker.wait_until(lambda: _have_acted(ledger))
        begin = _in(_REST_SECONDS + 2 * seconds_per_row * schedule.due)
        due_times = schedule.due_times(begin)
        ledger.promise(due_times)
        ledger.set_deadlines(due_times)
        _check_in_time(begin)
        ledger.forget_effects()
        yield Stage(ledger, workers, begin, used(workers), patience_seconds=30)


def _set_waiting(ledger: Ledger, schedule: Schedule) -> float:
    """Set what stays pending; return how many seconds a row took."""
    waiting = schedule.waiting_times(_in(0))
    started_at = time.monotonic()
    ledger.promise(waiting)
    ledger.set_deadlines(waiting)
    return (time.monotonic() - started_at) / len(waiting)


def _own_place(made: Installation, folder: Path) -> Installation:
    folder.mkdir()
    module = {"DJANGO_SETTINGS_MODULE": "loadtests.deadlines.settings"}
    return replace(made, folder=folder, environment=made.environment | module)


def _have_acted(ledger: Ledger) -> bool:
    """Whether every dispatcher has fired something; if not, give them something to fire."""
    if not ledger.has_due_rows():
        if ledger.workers_count() == WORKERS:
            return True
        now = datetime.now(UTC)
        ledger.set_deadlines([(uuid4(), now) for _ in range(_WARMING_COUNT)])
    return False


@contextmanager
def celery(folder: Path, schedule: Schedule) -> Iterator[Stage]:
    """Two workers of one process each; only what falls due is sent, the easiest case for it."""
    lead = 6 + schedule.due / _TASKS_PER_SECOND
    visibility_seconds = round(lead + schedule.seconds + 10)
    with mariadb() as database, redis() as bus, ExitStack() as stack:
        ledger = Ledger(database.url)
        stack.callback(ledger.close)
        ledger.make_tables()
        environment = {
            "DATABASE_URL": database.url,
            "REDIS_URL": bus.url,
            "VISIBILITY_SECONDS": str(visibility_seconds),
        }
        workers = [
            stack.enter_context(
                server(
                    f"celery-{number}",
                    [
                        *(PYTHON, "-m", "celery", "-A", "loadtests.peers.celery_peer", "worker"),
                        *("--concurrency", "1", "--loglevel", "INFO", "-n", f"w{number}@%h"),
                    ],
                    folder=folder,
                    environment=environment,
                )
            )
            for number in range(WORKERS)
        ]
        for worker in workers:
            worker.wait_until(lambda worker=worker: " ready." in worker.tail())  # type: ignore[misc]
        cpu_before = used(workers)
        begin = _in(lead)
        due_times = schedule.due_times(begin)
        ledger.promise(due_times)
        with Celery(broker=bus.url) as app:
            for subject, due_at in due_times:
                app.send_task(_TASK, args=[subject.hex], eta=due_at)
        _check_in_time(begin)
        yield Stage(ledger, workers, begin, cpu_before, patience_seconds=visibility_seconds + 15)


CONTENDERS: dict[str, Start] = {"paidan": paidan, "celery": celery}
