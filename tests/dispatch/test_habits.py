"""A zone learns from its own legs, from the database alone, and tells idle couriers."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.deadlines.loop import fire_due
from core.deadlines.models import Deadline
from core.events.models import Event
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.orders.models import Order
from dispatch.habits import commands
from dispatch.habits.commands import SETTLED, learn_habits
from dispatch.habits.deadlines import BETWEEN, DEADLINE_LEARN, ensure_learning
from dispatch.habits.models import HALF_LIFE, HabitMark, ShopHabit
from dispatch.habits.queries import get_habits
from dispatch.matching.learning import HOURS, LEAST_SEEN
from dispatch.models import CourierShift
from dispatch.views import courier_snapshot
from dispatch.zones.hints import HOLDS, PAUSE
from dispatch.zones.planner import Planner
from tests.dispatch import scene
from tests.dispatch.scene import METRES_PER_DEGREE, START
from tests.dispatch.test_plans import look_and_plan, planner


__all__ = ["planner"]
pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
NOON = 12
"""Of Shanghai, at START."""


def neighbour(shop: Merchant, *, metres: float) -> Merchant:
    """Open another shop in the zone, so far east of it."""
    return Merchant.objects.create(
        name=f"{metres} m east",
        zone=shop.zone,
        latitude=shop.latitude,
        longitude=shop.longitude + metres / METRES_PER_DEGREE,
    )


def past_legs(shop: Merchant, count: int, *, at: datetime, took: float = 1.0) -> None:
    """Let orders have been carried whose kitchens took so many times what they promised."""
    for _ in range(count):
        made = scene.leg(shop, now=at)
        orders = Order.objects.filter(pk=made.order_id)
        promised = at + 10 * MINUTE
        orders.update(state="completed", ended_at=at, promised_ready_at=promised)
        orders.update(ready_at=at + took * 10 * MINUTE)
        legs = DeliveryLeg.objects.filter(pk=made.pk)
        legs.update(state="cancelled", ended_at=at, created_at=at)
    Deadline.objects.all().delete()


class TestLearning:
    def test_counts_orders_by_the_hour_of_the_zone(self, shop: Merchant) -> None:
        past_legs(shop, 3, at=START)
        assert not learn_habits(now=START)
        sold = ShopHabit.objects.get().sales(START)
        assert sold.hours[NOON] == 3
        assert sum(sold.hours) == 3

    def test_counts_each_leg_once(self, shop: Merchant) -> None:
        past_legs(shop, 2, at=START)
        learn_habits(now=START)
        past_legs(shop, 1, at=START)
        learn_habits(now=START)
        learn_habits(now=START)
        assert sum(ShopHabit.objects.get().sales(START).hours) == 3

    def test_goes_by_batches(self, shop: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(commands, "BATCH", 2)
        past_legs(shop, 3, at=START)
        assert [learn_habits(now=START) for _ in range(2)] == [True, False]
        assert sum(ShopHabit.objects.get().sales(START).hours) == 3

    def test_fades(self, shop: Merchant) -> None:
        past_legs(shop, 4, at=START)
        learn_habits(now=START)
        later = START + HALF_LIFE
        past_legs(shop, 1, at=later)
        learn_habits(now=later)
        assert sum(ShopHabit.objects.get().sales(later).hours) == pytest.approx(3, abs=0.01)

    def test_waits_for_kitchens_to_be_done(self, shop: Merchant) -> None:
        past_legs(shop, 2, at=START, took=1.5)
        learn_habits(now=START)
        assert ShopHabit.objects.get().kitchen(START).count == 0
        learn_habits(now=START + SETTLED)
        assert ShopHabit.objects.get().kitchen(START + SETTLED).count == pytest.approx(2)

    def test_takes_as_many_statements_for_many_legs_as_for_few(self, shop: Merchant) -> None:
        counts = []
        for count in (2, 20):
            past_legs(shop, count, at=START)
            with CaptureQueriesContext(connection) as said:
                learn_habits(now=START + SETTLED)
            counts.append(len(said))
        # The first time there are marks and a habit to make.
        assert counts[1] <= counts[0]

    def test_is_a_deadline_that_sets_itself_again(self, shop: Merchant) -> None:
        past_legs(shop, 1, at=START)
        for _ in range(2):
            ensure_learning(now=START)
        assert fire_due(now=START) == 1
        assert HabitMark.objects.get(pk="sales").leg_id == DeliveryLeg.objects.get().pk
        assert Deadline.objects.get(kind=DEADLINE_LEARN).due_at == START + BETWEEN


class TestHabits:
    def test_expect_orders_where_they_were(self, shop: Merchant) -> None:
        busy = neighbour(shop, metres=1500)
        past_legs(shop, 1, at=START)
        past_legs(busy, 5, at=START)
        learn_habits(now=START)
        demand = get_habits(shop.zone, now=START).demand
        assert [each.shop for each in demand] == [str(busy.pk), str(shop.pk)]

    def test_expect_none_where_it_is_closed(self, shop: Merchant) -> None:
        past_legs(shop, 1, at=START)
        learn_habits(now=START)
        Merchant.objects.update(is_open=False)
        assert get_habits(shop.zone, now=START).demand == ()

    def test_know_a_new_kitchen_by_the_others(self, shop: Merchant) -> None:
        new = neighbour(shop, metres=1500)
        past_legs(shop, LEAST_SEEN + 1, at=START, took=2.0)
        past_legs(shop, LEAST_SEEN + 1, at=START, took=1.0)
        learn_habits(now=START + SETTLED)
        habits = get_habits(shop.zone, now=START + SETTLED)
        assert habits.kitchen(new.pk) == habits.kitchen(shop.pk)
        late = habits.kitchen(new.pk).ready_at(begun_at=0.0, promised_at=10.0, now=0.0)
        assert late > 10


class TestHint:
    def test_shows_an_idle_courier_where_orders_are_expected(
        self, shop: Merchant, planner: Planner
    ) -> None:
        idle = scene.courier(2000)
        past_legs(shop, 9, at=START)
        learn_habits(now=START)
        hint = told(planner, START)
        assert (hint["merchant_id"], hint["name"]) == (str(shop.pk), shop.name)
        (row,) = courier_snapshot(idle.pk, START)
        assert row.view["wait_at"] == hint
        assert not Event.objects.filter(type="delivery.offered").exists()

    def test_comes_from_the_database_alone(self, shop: Merchant, planner: Planner) -> None:
        scene.courier(2000)
        past_legs(shop, 9, at=START)
        learn_habits(now=START)
        fresh = Planner(planner._keeper)
        assert told(fresh, START)["merchant_id"] == str(shop.pk)

    def test_is_not_given_to_who_is_there_already(self, shop: Merchant, planner: Planner) -> None:
        scene.courier(0)
        past_legs(shop, 9, at=START)
        learn_habits(now=START)
        plan_minutes(planner, START, 5)
        assert times() == []

    def test_bothers_nobody_more_than_every_few_minutes(
        self, shop: Merchant, planner: Planner
    ) -> None:
        scene.courier(2000)
        shops = [shop, neighbour(shop, metres=3000)]
        for each in shops:
            past_legs(each, 1, at=START)
        learn_habits(now=START)
        now = START
        for turn in range(8):
            for number, each in enumerate(shops):
                hours = [100.0 if number == turn % 2 else 0.0] * HOURS
                ShopHabit.objects.filter(pk=each.pk).update(hours=hours)
            plan_minutes(planner, now, 4)
            now += 4 * MINUTE
        assert len(times()) > 2
        assert all(later - earlier >= PAUSE for earlier, later in pairwise(times()))

    def test_is_not_repeated_while_it_holds(self, shop: Merchant, planner: Planner) -> None:
        scene.courier(2000)
        past_legs(shop, 9, at=START)
        learn_habits(now=START)
        plan_minutes(planner, START, 25)
        assert all(later - earlier >= HOLDS for earlier, later in pairwise(times()))

    def test_ends_with_the_shift(self, shop: Merchant, planner: Planner) -> None:
        idle = scene.courier(2000)
        past_legs(shop, 9, at=START)
        learn_habits(now=START)
        told(planner, START)
        scene.act("courier.go_offline", idle, now=START + 5 * MINUTE)
        assert CourierShift.objects.get().hint is None


def plan_minutes(planner: Planner, start: datetime, minutes: int) -> None:
    for minute in range(minutes):
        look_and_plan(planner, start + minute * MINUTE)


def told(planner: Planner, start: datetime) -> dict[str, str]:
    """Plan until the courier has been given a hint; each has a turn within a few minutes."""
    plan_minutes(planner, start, 4)
    hint = CourierShift.objects.get().hint
    assert hint is not None
    return dict(hint)


def times() -> list[datetime]:
    """When hints were given."""
    facts = Event.objects.filter(type="courier.hinted").order_by("occurred_at")
    return list(facts.values_list("occurred_at", flat=True))
