"""Deadlines fire once each, whoever runs, fails or dies."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from core.bell import bell
from core.clock import clock
from core.deadlines import loop
from core.deadlines.commands import (
    clear_deadlines,
    hold_deadlines,
    release_deadlines,
    set_deadline,
)
from core.deadlines.loop import fire_due, help_with_deadlines, run_deadlines
from core.deadlines.models import Deadline, FiredDeadline
from core.deadlines.registry import WAKE_GROUP, known_kinds, subjects_of_kinds
from core.events.facts import SYSTEM
from core.events.retention import DEADLINE_RETENTION
from core.events.work import unit_of_work
from core.identifiers import new_id
from dispatch.habits.deadlines import DEADLINE_LEARN
from dispatch.positions.trail import DEADLINE_TRAIL
from tests.concurrency.threads import together
from tests.core_deadlines.handlers import BROKEN, QUICK, SLOW, TAKEN
from tests.services.nursery import begin


NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PATIENCE_SECONDS = 90


def promise(kind: str, due_at: datetime, count: int = 1) -> None:
    """Set deadlines for new subjects."""
    with unit_of_work(now=due_at, actor=SYSTEM) as work:
        for _ in range(count):
            set_deadline(kind, subject=new_id(), due_at=due_at, work=work)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds, within reason."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "it never came true"
        threading.Event().wait(0.02)


def fired() -> Counter[object]:
    """Count firings by subject."""
    return Counter(FiredDeadline.objects.values_list("subject", flat=True))


@contextmanager
def running(loop: Callable[[threading.Event], None] = run_deadlines) -> Iterator[None]:
    """Run one worker in a thread."""
    stop = threading.Event()

    def work() -> None:
        loop(stop)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        bell.ring(WAKE_GROUP, {})
        thread.join(PATIENCE_SECONDS)


@pytest.mark.django_db
class TestFireDue:
    def test_fires_what_is_due_and_leaves_the_rest(self) -> None:
        promise(QUICK, NOW)
        promise(QUICK, NOW + timedelta(seconds=1))
        assert fire_due(now=NOW) == 1
        assert Deadline.objects.get().due_at == NOW + timedelta(seconds=1)

    def test_postpones_a_handler_that_raises_and_goes_on(self) -> None:
        promise(BROKEN, NOW - timedelta(seconds=1))
        promise(QUICK, NOW)
        assert fire_due(now=NOW) == 1
        row = Deadline.objects.get()
        assert (row.failures, row.due_at) == (1, NOW + timedelta(seconds=5))

    def test_waits_longer_after_each_failure(self) -> None:
        promise(BROKEN, NOW)
        now = NOW
        for _ in range(3):
            fire_due(now=now)
            now = Deadline.objects.get().due_at
        assert now - NOW == timedelta(seconds=5 + 10 + 20)

    def test_leaves_kinds_of_another_version_alone(self) -> None:
        promise("test.unknown", NOW)
        assert fire_due(now=NOW) == 0
        assert Deadline.objects.count() == 1

    def test_does_not_fire_what_is_held(self) -> None:
        promise(QUICK, NOW)
        subject = Deadline.objects.get().subject
        hold_deadlines(subject=subject, kinds=[QUICK], now=NOW - timedelta(seconds=10))
        assert fire_due(now=NOW) == 0
        with unit_of_work(now=NOW, actor=SYSTEM) as work:
            release_deadlines(subject=subject, work=work)
        assert Deadline.objects.get().due_at == NOW + timedelta(seconds=10)

    def test_does_not_fire_what_was_cleared(self) -> None:
        promise(QUICK, NOW)
        clear_deadlines(subject=Deadline.objects.get().subject)
        assert fire_due(now=NOW) == 0

    def test_keeps_one_promise_of_a_kind(self) -> None:
        subject = new_id()
        for minutes in (1, 2):
            with unit_of_work(now=NOW, actor=SYSTEM) as work:
                due_at = NOW + timedelta(minutes=minutes)
                set_deadline(QUICK, subject=subject, due_at=due_at, work=work)
        assert Deadline.objects.get().due_at == NOW + timedelta(minutes=2)


class TestKinds:
    def test_name_the_rows_they_speak_of(self) -> None:
        """So that `check_orders` finds a promise about nothing; of a clean-up there is one."""
        named = {kind for kinds in subjects_of_kinds().values() for kind in kinds}
        ours = {kind for kind in known_kinds() if not kind.startswith("test.")}
        assert ours - named == {DEADLINE_RETENTION, DEADLINE_TRAIL, DEADLINE_LEARN}


@pytest.mark.django_db
class TestLedger:
    def test_tells_a_promise_made_again_for_the_same_moment_from_one_fired_twice(self) -> None:
        subject = new_id()
        for _ in range(2):
            with unit_of_work(now=NOW, actor=SYSTEM) as work:
                set_deadline(QUICK, subject=subject, due_at=NOW, work=work)
            assert fire_due(now=NOW) == 1
        assert fired() == {subject: 2}
        rows = Counter(FiredDeadline.objects.values_list("deadline_id", flat=True))
        assert set(rows.values()) == {1}


@pytest.mark.django_db
class TestLosing:
    """Workers that read the same rows should not meet at each of them."""

    def test_leaves_the_next_rows_to_the_winner(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loop, "_steps_aside", lambda _left: 3)
        promise(TAKEN, NOW - timedelta(minutes=1))
        for seconds in range(5):
            promise(QUICK, NOW - timedelta(seconds=5 - seconds))
        left = Deadline.objects.filter(kind=QUICK).order_by("due_at")[:2]
        subjects = {row.subject for row in left}
        assert fire_due(now=NOW) == 3
        assert (
            set(Deadline.objects.filter(kind=QUICK).values_list("subject", flat=True)) == subjects
        )

    def test_still_acts_once_if_there_is_anything_else(self) -> None:
        promise(TAKEN, NOW - timedelta(minutes=1))
        promise(QUICK, NOW, count=3)
        assert fire_due(now=NOW) >= 1

    def test_nothing_fires_in_the_order_in_which_it_fell_due(self) -> None:
        moments = [NOW - timedelta(seconds=number) for number in range(30)]
        for moment in moments:
            promise(QUICK, moment)
        assert fire_due(now=NOW) == 30
        due = FiredDeadline.objects.order_by("pk").values_list("due_at", flat=True)
        assert list(due) == sorted(moments)

    @pytest.mark.parametrize("left", [1, 2, 3, 200])
    def test_never_steps_beyond_the_last_row(self, left: int) -> None:
        steps = {loop._steps_aside(left) for _ in range(100)}
        assert min(steps) >= 1
        assert max(steps) <= max(1, left - 1)


@pytest.mark.django_db(transaction=True)
class TestHelp:
    @pytest.mark.parametrize("count", [loop.MANY - 1, loop.MANY])
    def test_is_called_when_many_are_due(
        self, count: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(loop, "_many_are_due", threading.Event())
        promise(QUICK, NOW, count=count)
        fire_due(now=NOW)
        assert loop._many_are_due.is_set() == (count == loop.MANY)

    def test_fires_what_is_due_when_it_is_called(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loop, "_many_are_due", threading.Event())
        promise(QUICK, NOW, count=loop.MANY)
        with running(help_with_deadlines):
            loop._many_are_due.set()
            eventually(lambda: FiredDeadline.objects.count() == loop.MANY)
        assert set(fired().values()) == {1}


@pytest.mark.django_db
class TestWait:
    def test_goes_on_at_once_while_it_is_late_and_something_fires(self) -> None:
        promise(QUICK, clock().now() - timedelta(minutes=1))
        assert loop._seconds_to_wait(fired=1) == 0.0

    def test_leaves_a_moment_to_whoever_holds_what_is_due(self) -> None:
        promise(QUICK, clock().now() - timedelta(minutes=1))
        assert loop._seconds_to_wait(fired=0) == loop.PACE_SECONDS

    def test_ends_with_the_next_deadline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loop, "IDLE_SECONDS", 3600)
        promise(QUICK, clock().now() + timedelta(minutes=1))
        assert loop.PACE_SECONDS < loop._seconds_to_wait(fired=0) <= 60

    @pytest.mark.parametrize("ahead", [[], [timedelta(hours=1)]])
    def test_looks_again_soon_when_nothing_is_due_soon(self, ahead: list[timedelta]) -> None:
        for duration in ahead:
            promise(QUICK, clock().now() + duration)
        assert loop._seconds_to_wait(fired=0) == loop.IDLE_SECONDS


@pytest.mark.django_db(transaction=True)
class TestWorkers:
    def test_share_the_rows_and_fire_each_once(self) -> None:
        promise(QUICK, NOW, count=150)

        def drain() -> None:
            eventually(lambda: fire_due(now=NOW) == 0 and not Deadline.objects.exists())

        results = together([drain] * 3)
        assert results == [None] * 3
        assert set(fired().values()) == {1}
        assert len(fired()) == 150

    def test_wake_early_for_an_earlier_deadline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loop, "IDLE_SECONDS", 3600)
        promise(QUICK, clock().now() + timedelta(hours=1))
        with running():
            promise(QUICK, clock().now() - timedelta(hours=1))

            def is_heard() -> bool:  # what is rung before the bus knows the listener is lost
                bell.ring(WAKE_GROUP, {})
                return FiredDeadline.objects.count() == 1

            eventually(is_heard)
            promise(QUICK, clock().now())
            eventually(lambda: FiredDeadline.objects.count() == 2)

    def test_outlive_a_killed_one(self) -> None:
        promise(SLOW, NOW, count=120)
        name = str(connection.settings_dict["NAME"])
        program = ["-m", "tests.core_deadlines.worker", name]
        workers = [begin(program, os.environ), begin(program, os.environ)]
        try:
            eventually(lambda: FiredDeadline.objects.count() >= 20)
            workers[0].kill()
            eventually(lambda: not Deadline.objects.exists())
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
        assert len(fired()) == 120
        assert set(fired().values()) == {1}
