"""Idle loops sleep on while nobody writes, and miss nothing by it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.signals import connection_created

from core.clock import clock
from core.deadlines import loop
from core.deadlines.models import Deadline, FiredDeadline
from core.identifiers import new_id
from core.management.commands.serve import DISPATCHER, SENDERS, InlineLoops
from core.quiet import REST_SECONDS, Quiet, quiet
from dispatch.models import ZoneLease
from tests.concurrency.threads import together
from tests.core_deadlines.handlers import QUICK
from tests.core_deadlines.test_loop import eventually, running
from tests.dispatch import scene


pytestmark = pytest.mark.django_db(transaction=True)

POLL_SECONDS = 0.1
COUNTED_SECONDS = 15.0
MOST_A_MINUTE = {"sqlite": 1200, "mysql": 4800}
"""Statements of all loops of an idle process: with SQLite one thread watches for the others."""


def is_watchable() -> bool:
    return connection.vendor == "sqlite"


def write_elsewhere() -> None:
    """Commit something on another connection, without a bell."""
    together([scene.shop])


class TestQuiet:
    def test_hears_of_what_others_commit_and_of_nothing_else(self) -> None:
        watching = Quiet()
        watching.watch()
        assert watching.watch() != is_watchable()
        scene.shop()
        assert watching.watch() != is_watchable()
        write_elsewhere()
        assert watching.watch()

    def test_wakes_those_that_rest_then(self) -> None:
        watching, woken, other = Quiet(), threading.Event(), threading.Event()
        assert watching.wakes(woken) is woken
        watching.watch()
        write_elsewhere()
        woken.clear()
        watching.watch()
        assert woken.is_set() == is_watchable()
        assert not other.is_set()

    def test_lets_loops_rest_while_it_watches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        watching, woken = Quiet(), threading.Event()
        watching.wakes(woken)
        assert watching.rest_seconds(POLL_SECONDS) == POLL_SECONDS
        watching.watch()
        rest = REST_SECONDS if is_watchable() else POLL_SECONDS
        assert watching.rest_seconds(POLL_SECONDS) == rest
        woken.clear()
        watching.leave()
        assert woken.is_set()
        assert watching.rest_seconds(POLL_SECONDS) == POLL_SECONDS

    def test_is_not_believed_when_it_has_looked_long_ago(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watching = Quiet()
        watching.watch()
        monkeypatch.setattr("core.quiet.FRESH_SECONDS", 0.0)
        assert watching.rest_seconds(POLL_SECONDS) == POLL_SECONDS


@contextmanager
def watched() -> Iterator[None]:
    """Watch in a thread, as the dispatcher does."""
    stop, begun = threading.Event(), threading.Event()

    def watch() -> None:
        while not stop.wait(POLL_SECONDS):
            quiet.watch()
            begun.set()
        quiet.leave()
        connections.close_all()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        assert begun.wait(90)
        yield
    finally:
        stop.set()
        thread.join(90)


class TestResting:
    def test_a_loop_still_learns_of_what_no_bell_has_told(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if is_watchable():  # else it goes on looking by itself
            monkeypatch.setattr("core.quiet.REST_SECONDS", 3600)
        asked = threading.Event()
        wait = loop._seconds_to_wait

        def noted(fired: int) -> float:
            asked.set()
            return wait(fired)

        monkeypatch.setattr(loop, "_seconds_to_wait", noted)
        with watched(), running():
            assert asked.wait(90)
            due_at = clock().now() - timedelta(seconds=1)
            together(
                [lambda: Deadline.objects.create(kind=QUICK, subject=new_id(), due_at=due_at)]
            )
            eventually(FiredDeadline.objects.exists)


class Counted:
    """Counts the statements of every thread but this one."""

    def __init__(self) -> None:
        self.by_thread: Counter[str] = Counter()

    def watch(self, connection: Any, **_: object) -> None:
        connection.execute_wrappers.append(self)

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.by_thread[threading.current_thread().name] += 1
        return execute(*arguments)


@pytest.fixture
def counted() -> Iterator[Counted]:
    counted = Counted()
    connection_created.connect(counted.watch)
    yield counted
    connection_created.disconnect(counted.watch)


class TestIdleProcess:
    def test_says_little_to_its_database(self, counted: Counted) -> None:
        zone = scene.shop().zone_id
        loops = InlineLoops([DISPATCHER, *SENDERS])
        loops.start()
        try:
            eventually(ZoneLease.objects.filter(pk=zone).exclude(owner="").exists)
            threading.Event().wait(REST_SECONDS)  # what begins, begins
            counted.by_thread.clear()
            threading.Event().wait(COUNTED_SECONDS)
            said = counted.by_thread.copy()
        finally:
            loops.stop()
        assert said["zones"] > 0
        assert sum(said.values()) * 60 / COUNTED_SECONDS < MOST_A_MINUTE[connection.vendor], said
