"""The script of the demonstration depends on its seed and on nothing else."""

from itertools import islice

from web.demo.story import (
    CourierMood,
    CustomerMood,
    PlannedOrder,
    courier_mood,
    courier_start,
    improvise,
    tell,
)


def first_orders(seed: int, count: int = 300) -> list[PlannedOrder]:
    return list(islice(tell(seed=seed, orders_per_hour=90), count))


class TestTell:
    def test_tells_the_same_story_for_the_same_seed(self) -> None:
        assert first_orders(7) == first_orders(7)

    def test_tells_another_story_for_another_seed(self) -> None:
        assert first_orders(7) != first_orders(8)

    def test_tells_in_order_of_time(self) -> None:
        times = [plan.at_seconds for plan in first_orders(1)]
        assert times == sorted(times)

    def test_keeps_about_the_wanted_pace(self) -> None:
        hours = first_orders(1)[-1].at_seconds / 3600
        assert 70 < 300 / hours < 110

    def test_makes_an_order_by_its_own_number_only(self) -> None:
        calm = list(islice(tell(seed=3, orders_per_hour=1), 20))
        busy = list(islice(tell(seed=3, orders_per_hour=900), 20))
        assert [plan.shop for plan in calm] == [plan.shop for plan in busy]

    def test_lets_nobody_refuse_to_pay_who_pays_at_the_door(self) -> None:
        lazy = [plan for plan in first_orders(1) if plan.customer_mood is CustomerMood.NEVER_PAYS]
        assert lazy
        assert {plan.payment_method for plan in lazy} == {"online"}


class TestCourierMood:
    def test_is_the_same_for_the_same_offer(self) -> None:
        assert courier_mood(1, 4, 11) == courier_mood(1, 4, 11)

    def test_has_every_kind(self) -> None:
        moods = {courier_mood(1, 0, order)[0] for order in range(300)}
        assert moods == set(CourierMood)


class TestCourierStart:
    def test_is_drawn_for_each_courier(self) -> None:
        assert courier_start(1, 0) == courier_start(1, 0) != courier_start(1, 1)


class TestImprovise:
    def test_serves_a_visitor_well(self) -> None:
        plan = improvise("0190aaaa-0000-7000-8000-000000000000")
        assert plan.is_home
        assert plan.agrees
