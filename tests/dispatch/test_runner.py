"""The dispatcher as a process and as a thread: it starts, survives and ends cleanly."""

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from core.clock import clock
from core.deadlines import loop
from core.deadlines.models import Deadline, FiredDeadline
from core.events.retention import DEADLINE_RETENTION
from core.merchants.models import Merchant
from dispatch import runner
from dispatch.runner import keep_running, run_dispatcher
from tests.concurrency.threads import together
from tests.dispatch import scene
from tests.services.nursery import Process, begin


ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 90


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds, within reason."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "it never came true"
        threading.Event().wait(0.02)


def alongside(stop: threading.Event, check: Callable[[], None], loops: int = 1) -> None:
    """Run dispatchers in threads while `check` runs, and stop them."""

    def watch() -> None:
        try:
            check()
        finally:
            stop.set()

    results = together([*[lambda: run_dispatcher(stop)] * loops, watch])
    assert results == [None] * (loops + 1), results


@pytest.mark.django_db(transaction=True)
class TestThread:
    def test_two_find_a_courier_once(self, shop: Merchant) -> None:
        now = clock().now()
        scene.courier(300, now=now)
        leg = scene.leg(shop, now=now)
        alongside(threading.Event(), lambda: eventually(lambda: bool(scene.open_offers(leg))), 2)
        assert len(scene.open_offers(leg)) == 1

    def test_promises_retention(self) -> None:
        fired = FiredDeadline.objects.filter(kind=DEADLINE_RETENTION)
        alongside(threading.Event(), lambda: eventually(fired.exists))
        assert Deadline.objects.filter(kind=DEADLINE_RETENTION).count() == 1

    def test_survives_a_database_that_goes_and_comes(
        self, shop: Merchant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = clock().now()
        scene.courier(300, now=now)
        leg = scene.leg(shop, now=now)
        failures = iter(range(3))
        fire_due = loop.fire_due

        def flaky(**arguments: Any) -> int:
            if next(failures, None) is not None:
                raise OperationalError(2006, "gone away")
            return fire_due(**arguments)

        monkeypatch.setattr(loop, "fire_due", flaky)
        alongside(threading.Event(), lambda: eventually(lambda: bool(scene.open_offers(leg))))


class TestKeepRunning:
    def test_starts_a_broken_loop_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(runner, "RESTART_SECONDS", 0)
        monkeypatch.setattr(runner, "close_old_connections", lambda: None)
        stop, runs = threading.Event(), []

        def breaks(stop: threading.Event) -> None:
            runs.append(1)
            if len(runs) == 3:
                stop.set()
            message = "broken on purpose"
            raise LookupError(message)

        thread = threading.Thread(target=keep_running, args=("test", breaks, stop))
        thread.start()
        thread.join(PATIENCE_SECONDS)
        assert len(runs) == 3


@pytest.mark.django_db(transaction=True)
class TestProcess:
    def test_works_and_ends_on_sigterm(self, shop: Merchant) -> None:
        now = clock().now()
        scene.courier(300, now=now + timedelta(seconds=1))
        leg = scene.leg(shop, now=now)
        process = dispatcher()
        try:
            eventually(lambda: bool(scene.open_offers(leg)))
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.kill()
            process.wait()


def dispatcher() -> Process:
    """Start `manage.py dispatcher` on the test's own database."""
    name = str(connection.settings_dict["NAME"])
    return begin(["-m", "tests.dispatch.worker", name], os.environ)
