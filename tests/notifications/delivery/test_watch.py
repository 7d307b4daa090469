"""The queues as operators see them: how deep, how old, who serves them, and when to alarm."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.clock import clock
from core.events import catalogue as events
from core.events.models import Event
from notifications.models import Delivery, Notice, RecipientNotice, ServedQueue
from notifications.queues import QUEUES
from notifications.serving import Service
from notifications.states import WAITING
from notifications.watch import loop
from notifications.watch.commands import watch_queues
from notifications.watch.policy import UNSERVED_SECONDS, Cause, Depth, cause_of, is_calm
from notifications.watch.queries import (
    count,
    due_in,
    get_depths,
    get_queues,
    get_servers,
)
from notifications.watch.serving import LEASE, serve, shared_now, withdraw
from notifications.watch.tally import depths
from tests.notifications.delivery.town import about, order, person, seconds, shop, state
from tests.notifications.delivery.world import until


pytestmark = pytest.mark.django_db(transaction=True)

LATE = seconds(61)


@pytest.fixture(autouse=True)
def no_numbers() -> Iterator[None]:
    yield
    depths.clear()


def push(*, at: datetime) -> Delivery:
    """A push that is due at that time."""
    made = order(shop(), state="accepted", accepted_at=at, now=at)
    state(events.ORDER_ACCEPTED, about(made), now=at)
    pushed: Delivery = Delivery.objects.get(notice__order_id=made.pk, channel="push")
    return pushed


def served() -> None:
    serve("here:1:a", QUEUES, at=shared_now())


def depth(queue: str, *, now: datetime) -> Depth:
    (found,) = (each for each in get_depths(now=now, at=shared_now()) if each.queue == queue)
    return found


def alarms() -> list[Any]:
    kinds = ["queue.alarmed", "queue.recovered"]
    return list(Event.objects.filter(type__in=kinds).order_by("id").values_list("type", flat=True))


class TestPolicy:
    @pytest.mark.parametrize(
        ("due_count", "oldest_seconds", "server_count", "cause"),
        [
            (0, 0.0, 0, None),
            (1, UNSERVED_SECONDS - 1, 0, None),
            (1, UNSERVED_SECONDS, 0, Cause.UNSERVED),
            (1, 3600.0, 0, Cause.UNSERVED),
            (1, 59.0, 1, None),
            (1, 60.0, 1, Cause.LATE),
        ],
    )
    def test_says_why(
        self, due_count: int, oldest_seconds: float, server_count: int, cause: Cause | None
    ) -> None:
        found = Depth(
            queue="push",
            due_count=due_count,
            oldest_seconds=oldest_seconds,
            server_count=server_count,
        )
        assert cause_of(found, late_seconds=60.0) is cause
        assert not (cause and is_calm(found, late_seconds=60.0))

    def test_ends_no_alarm_that_would_come_again_at_once(self) -> None:
        nearly = Depth(queue="push", due_count=1, oldest_seconds=59.0, server_count=1)
        calm = Depth(queue="push", due_count=1, oldest_seconds=29.0, server_count=1)
        assert not is_calm(nearly, late_seconds=60.0)
        assert is_calm(calm, late_seconds=60.0)


class TestServing:
    def test_ends_with_its_lease_or_by_its_own_word(self) -> None:
        at = shared_now()
        serve("here:1:a", {"push", "sms"}, at=at)
        serve("here:2:b", {"push"}, at=at + LEASE / 2)
        assert get_servers(at=at) == {"push": 2, "sms": 1}
        assert get_servers(at=at + LEASE) == {"push": 1}
        withdraw("here:2:b")
        assert get_servers(at=at) == {"push": 1, "sms": 1}

    def test_is_pushed_on_and_forgets_who_is_long_gone(self) -> None:
        at = shared_now()
        serve("here:1:a", {"push"}, at=at)
        serve("here:1:a", {"push"}, at=at + LEASE)
        assert get_servers(at=at + LEASE) == {"push": 1}
        serve("here:2:b", {"sms"}, at=at + timedelta(days=1))
        assert [each.sender for each in ServedQueue.objects.all()] == ["here:2:b"]

    def test_lasts_as_long_as_a_service(self) -> None:
        service = Service({"sms", "marketing"}, listens=False)
        service.start()
        try:
            until(lambda: get_servers(at=shared_now()) == {"sms": 1, "marketing": 1})
        finally:
            service.leave()
            service.join()
        assert get_servers(at=shared_now()) == {}


class TestDepths:
    def test_count_what_is_due_and_tell_the_oldest(self) -> None:
        now = clock().now()
        for age_seconds in (5, 90, 30):
            push(at=now - seconds(age_seconds))
        push(at=now + seconds(5))
        found = depth("push", now=now)
        assert (found.due_count, round(found.oldest_seconds)) == (3, 90)
        assert depth("sms", now=now).due_count == 0

    def test_count_retries_and_what_a_vanished_sender_had(self) -> None:
        now = clock().now()
        retried, lapsed, held = (push(at=now - seconds(90)) for _ in range(3))
        rows = Delivery.objects
        rows.filter(pk=retried.pk).update(state="retrying", due_at=now - seconds(7))
        lost = now - seconds(20)
        rows.filter(pk=lapsed.pk).update(state="leased", lease_until=lost)
        rows.filter(pk=held.pk).update(state="leased", lease_until=now + seconds(20))
        found = depth("push", now=now)
        assert (found.due_count, round(found.oldest_seconds)) == (2, 20)

    def test_are_real_time_whatever_the_clock_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = clock().now()
        push(at=now - seconds(90))
        monkeypatch.setattr("core.clock.Clock.real_seconds", lambda _self, span: span.seconds / 9)
        assert round(depth("push", now=now).oldest_seconds) == 10

    @pytest.mark.parametrize("state", sorted(WAITING))
    def test_are_read_off_an_index(self, state: str) -> None:
        now = clock().now()
        push(at=now - seconds(5))
        rows = due_in("service", "push", state, now)
        with CaptureQueriesContext(connection) as asked:
            list(rows.order_by("due_at").values_list("due_at", flat=True)[:1])
            count(rows)
        for query in asked.captured_queries:
            assert walks(query["sql"], "delivery_in_lane")


def walks(sql: str, index: str) -> bool:
    """Whether the database answers from the index alone."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' * is_sqlite}{sql}")
        plan = " ".join(str(row) for row in cursor.fetchall())
    wanted = f"COVERING INDEX {index} (lane=? AND channel=? AND state=? AND due_at<?)"
    return wanted in plan if is_sqlite else index in plan and "Using index" in plan


class TestAlarm:
    def test_comes_once_and_ends_by_itself(self) -> None:
        operator = person("Zhao", is_operator=True)
        now = clock().now()
        served()
        late = push(at=now - LATE)
        for _ in range(2):
            watch_queues(now=now)
        assert alarms() == ["queue.alarmed"]
        notice = Notice.objects.get(template="queue_late")
        assert notice.variables == {"queue": "push", "minutes": 1}
        assert [row.person_id for row in RecipientNotice.objects.filter(notice=notice)] == [
            operator.pk
        ]
        Delivery.objects.filter(pk=late.pk).update(state="sent")
        Delivery.objects.filter(notice=notice).delete()
        for _ in range(2):
            watch_queues(now=now)
        assert alarms() == ["queue.alarmed", "queue.recovered"]
        notice.refresh_from_db()
        assert notice.closed_at is not None

    def test_tells_of_a_queue_that_nobody_takes(self) -> None:
        person("Zhao", is_operator=True)
        now = clock().now()
        serve("here:1:a", {"push"}, at=shared_now())
        texted = order(shop(), now=now - seconds(95))
        state(events.ORDER_PLACED, about(texted), now=now - seconds(95))
        watch_queues(now=now)
        notice = Notice.objects.get(template="queue_unserved")
        assert notice.variables["queue"] == "sms"
        told = {each["queue"]: each for each in get_queues(now=now, at=shared_now())}
        assert told["sms"]["alarm"] == "unserved"

    def test_is_told_of_once_however_many_watch(self) -> None:
        person("Zhao", is_operator=True)
        now = clock().now()
        push(at=now - LATE)
        start = threading.Barrier(3)

        def watch() -> None:
            start.wait()
            watch_queues(now=now)
            connection.close()

        threads = [threading.Thread(target=watch) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert alarms() == ["queue.alarmed"]
        assert Notice.objects.filter(template="queue_unserved").count() == 1

    def test_comes_from_a_process_that_sends_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(loop, "BEAT_SECONDS", 0.02)
        push(at=clock().now() - LATE)
        with watching():
            until(lambda: alarms() == ["queue.alarmed"])
            assert depths["push"].due_count == 1
            served()
            Delivery.objects.update(state="sent")
            until(lambda: alarms() == ["queue.alarmed", "queue.recovered"])


@contextmanager
def watching() -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=loop.watch_forever, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
