"""Acts racing claims, and senders racing each other: commit order decides, nothing goes twice."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection, transaction

from core.clock import clock
from core.events import catalogue as events
from core.people.models import Person
from notifications.channels.result import Outcome, SendResult
from notifications.claims import ALL_CHANNELS, Claim, claim_due
from notifications.models import Delivery, Notice
from notifications.receipts import mark_acted, mark_delivered
from notifications.results import Answer, Finished, store, sweep
from notifications.sender import send_all_due
from tests.notifications.delivery.town import (
    NOON,
    about,
    order,
    person,
    receipt,
    register,
    seconds,
    shop,
    staff,
    state,
)
from tests.notifications.delivery.world import PATIENCE_SECONDS, Outside


SCHEDULES = 40
STEPS = 14


def together(*deeds: Callable[[], object]) -> None:
    """Run every deed in a thread of its own, all starting at the same moment."""
    barrier = threading.Barrier(len(deeds))
    errors: list[BaseException] = []

    def run(deed: Callable[[], object]) -> None:
        try:
            barrier.wait()
            deed()
        except BaseException as error:  # noqa: BLE001  handed to the test below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def alert() -> tuple[Notice, Person]:
    """Place an order; return its notice and a clerk."""
    made = order(shop(clerks=1, owners=1))
    state(events.ORDER_PLACED, about(made))
    return Notice.objects.get(order_id=made.pk, template="new_order"), staff(made.merchant)


def started(notice: Notice) -> set[UUID]:
    return set(notice.deliveries.filter(attempts__gt=0).values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
class TestActRacingClaim:
    def test_leaves_nothing_to_start_after_the_act_was_committed(self) -> None:
        for _ in range(12):
            notice, clerk = alert()
            before: list[set[UUID]] = []

            def act(notice: Notice = notice, clerk: Person = clerk) -> None:
                mark_acted(person=clerk, receipts=[receipt(notice)], now=NOON)
                before.append(started(notice))  # noqa: B023  the thread ends within the round

            together(act, lambda: claim_due(ALL_CHANNELS, now=NOON + seconds(61)))
            claim_due(ALL_CHANNELS, now=NOON + seconds(62))
            assert started(notice) == before[0]
            assert not notice.deliveries.filter(state__in=["pending", "retrying"]).exists()


@pytest.mark.django_db(transaction=True)
class TestActUnderWay:
    def test_is_waited_for_by_rows_that_it_could_not_see(self) -> None:
        """As they were leased when it looked, and have come back to wait since."""
        notice, _ = alert()
        is_under_way, has_claimed = threading.Event(), threading.Event()

        def act() -> None:
            with transaction.atomic():
                row = Notice.objects.select_for_update().get(pk=notice.pk)
                is_under_way.set()
                # One database lets the claim go on meanwhile; the other makes it wait for us.
                has_claimed.wait(1.0)
                row.advance(acted_at=NOON)

        def claim() -> None:
            assert is_under_way.wait(PATIENCE_SECONDS)
            claim_due(ALL_CHANNELS, now=NOON + seconds(61))
            has_claimed.set()

        together(act, claim)
        assert not started(notice)
        claim_due(ALL_CHANNELS, now=NOON + seconds(62))
        assert not started(notice)


class Schedule:
    """One random history of one alert, and what an SMS vendor would have seen of it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = NOON
        self.notice, self.clerk = alert()
        self.leased: list[Claim] = []
        self.acted = False
        self.late_starts = 0
        self.texts: Counter[UUID] = Counter()
        self.unsettled: set[UUID] = set()

    def step(self) -> None:
        self.now += seconds(self.random.choice((1, 5, 20, 40)))
        self.random.choice(
            (self.claim, self.claim, self.answer, self.vanish, self.act, self.have)
        )()

    def claim(self) -> None:
        claims, _ = claim_due(ALL_CHANNELS, now=self.now, limit=self.random.choice((1, 3, 50)))
        self.late_starts += self.acted * len(claims)
        for claim in claims:
            if claim.text is not None:
                assert claim.delivery_id not in self.unsettled
                self.texts[claim.delivery_id] += 1
        self.leased += claims

    def answer(self) -> None:
        outcome = self.random.choice((Outcome.SENT, Outcome.RETRY, Outcome.UNKNOWN, Outcome.GONE))
        answers = (Answer(result=SendResult(outcome, "x"), subscription_id=1),)
        batch, self.leased = self.leased, []
        if outcome is not Outcome.RETRY:
            self.unsettled |= {each.delivery_id for each in batch}
        store([Finished(claim=claim, answers=answers) for claim in batch], now=self.now)

    def vanish(self) -> None:
        """The sender dies with what it had in hand."""
        self.unsettled |= {each.delivery_id for each in self.leased}
        self.leased = []
        sweep(now=self.now + seconds(31))

    def act(self) -> None:
        if self.random.random() < 0.3:
            mark_acted(person=self.clerk, receipts=[receipt(self.notice)], now=self.now)
            self.acted = True

    def have(self) -> None:
        mark_delivered(person=self.clerk, receipts=[receipt(self.notice)], now=self.now)


@pytest.mark.django_db
class TestRandomSchedules:
    def test_start_nothing_after_an_act_and_no_text_twice(self) -> None:
        for seed in range(SCHEDULES):
            schedule = Schedule(seed)
            for _ in range(STEPS):
                schedule.step()
            assert schedule.late_starts == 0
            Notice.objects.all().delete()


@pytest.mark.django_db(transaction=True)
class TestTwoSenders:
    def test_share_the_work_and_send_nothing_twice(self, outside: Outside) -> None:
        now = clock().now()
        merchant = shop()
        devices = []
        for _ in range(40):
            customer = person("Wang")
            devices.append(outside.device())
            register(customer, devices[-1])
            made = order(merchant, customer=customer, state="accepted", accepted_at=now, now=now)
            state(events.ORDER_ACCEPTED, about(made), now=now)
        together(*[lambda: send_all_due(ALL_CHANNELS)] * 2)
        assert Delivery.objects.filter(state="sent").count() == 40
        assert {outside.screen(device)["raw_count"] for device in devices} == {1}
