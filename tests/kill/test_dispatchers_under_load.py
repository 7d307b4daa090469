"""Two dispatchers share offers and plans; one is killed: nothing is stuck, nothing is doubled."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from django.core.management import call_command

from core.clock import clock
from core.deadlines.models import Deadline, FiredDeadline
from core.deadlines.registry import known_kinds
from core.errors import PaidanError
from core.legs.models import DeliveryLeg
from core.legs.states import WITHOUT_COURIER
from dispatch.models import CourierSearch, CourierShift, ZoneLease
from dispatch.zones.models import ZonePlan
from tests.concurrency.city import City
from tests.dispatch.test_runner import dispatcher
from tests.services.nursery import Process


PATIENCE_SECONDS = 150
COURIERS = 10
BEFORE, AFTER = 4, 3
"""Orders of each city, until the kill and from then on."""
MOST_REFUSALS = 6
PAUSE_SECONDS = 0.05

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cities(transactional_db: None) -> list[City]:
    """Return a zone where each search looks for itself and one that is planned."""
    now = clock().now()
    return [City(orders=0, couriers=COURIERS, optimise=each, now=now) for each in (False, True)]


@pytest.fixture
def dispatchers(cities: list[City]) -> Iterator[list[Process]]:
    """Run two processes on the test's own database."""
    processes = [dispatcher(), dispatcher()]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


class Couriers:
    """Answer offers as they come, some with no."""

    def __init__(self, cities: list[City]) -> None:
        self._cities = cities
        self._dice = random.Random(1)
        self._refusals_left = MOST_REFUSALS

    def answer_until(self, holds: Callable[[], bool]) -> None:
        """Go on until it holds, within reason."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < end, "it never came true"
            self._answer()
            threading.Event().wait(PAUSE_SECONDS)

    def _answer(self) -> None:
        now = clock().now()
        CourierShift.objects.update(position_at=now)
        city = self._cities[0]
        for each in self._cities:
            each.now = now
        for offer in city.open_offers():
            refuses = self._refusals_left > 0 and self._dice.random() < 1 / 3
            self._refusals_left -= refuses
            with suppress(PaidanError):  # it may have ended meanwhile
                city.answer("offer.decline" if refuses else "offer.accept", offer)


def settled(greedy: City) -> bool:
    """Whether nothing waits for a process: what is left waits for its time, as planned."""
    waiting = DeliveryLeg.objects.filter(state__in=WITHOUT_COURIER, order__in=greedy.orders)
    due = Deadline.objects.filter(kind__in=known_kinds(), due_at__lte=clock().now())
    wanted = CourierSearch.objects.filter(plan_wanted_at__isnull=False)
    return not (waiting.exists() or greedy.open_offers() or due.exists() or wanted.exists())


def is_owner(process: Process) -> bool:
    """Whether all zones are this process's."""
    owners = ZoneLease.objects.values_list("owner", flat=True)
    return all(f":{process.pid}:" in owner for owner in owners)


class TestOneOfTwoKilled:
    def test_leaves_the_other_to_do_all_of_it_once(
        self, cities: list[City], dispatchers: list[Process]
    ) -> None:
        killed, survivor = dispatchers
        couriers = Couriers(cities)
        for city in cities * BEFORE:
            city.order_something()
        looks = FiredDeadline.objects.filter(kind="leg.dispatch")
        couriers.answer_until(lambda: looks.count() >= BEFORE)
        killed.kill()
        killed_at = clock().now()
        for city in cities * AFTER:
            city.order_something()
        planned = ZonePlan.objects.filter(planned_at__gt=killed_at)
        couriers.answer_until(
            lambda: is_owner(survivor) and planned.exists() and settled(cities[0])
        )
        assert survivor.poll() is None
        call_command("check_orders")
        times = Counter(FiredDeadline.objects.values_list("deadline_id", flat=True))
        assert set(times.values()) == {1}
