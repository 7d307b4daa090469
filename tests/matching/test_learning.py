"""History teaches where orders appear and how far kitchens keep their word."""

from random import Random

import pytest

from dispatch.matching.learning import LEAST_SEEN, Kitchen, Sales, demand_of


NOON, EVENING = 12, 19


def sales(*hours: int) -> Sales:
    found = Sales()
    for hour in hours:
        found = found.with_order(hour)
    return found


def kitchen(*ratios: float) -> Kitchen:
    found = Kitchen()
    for ratio in ratios:
        found = found.with_order(promised=10.0, took=10.0 * ratio)
    return found


class TestSales:
    def test_are_expected_at_their_hour(self) -> None:
        lunch = sales(*[NOON] * 10)
        assert lunch.expected(NOON) > lunch.expected(NOON + 1) > lunch.expected(EVENING)
        assert lunch.expected(EVENING) > Sales().expected(EVENING)

    def test_go_round_midnight(self) -> None:
        assert sales(0).expected(23) == sales(23).expected(0) > sales(12).expected(0)

    def test_fade(self) -> None:
        assert sales(NOON).aged(0.5).hours[NOON] == pytest.approx(0.5)

    def test_rank_shops_by_the_hour(self) -> None:
        lunch, dinner = sales(*[NOON] * 9), sales(*[EVENING] * 9)
        shops = [("lunch", (0.0, 0.0), lunch), ("dinner", (1.0, 1.0), dinner)]
        assert [each.shop for each in demand_of(shops, NOON)] == ["lunch", "dinner"]
        assert [each.shop for each in demand_of(shops, EVENING)] == ["dinner", "lunch"]


class TestKitchen:
    def test_is_believed_before_much_is_seen(self) -> None:
        late = kitchen(*[2.0, 1.0] * (LEAST_SEEN // 2 - 1))
        assert late.ready_at(begun_at=0.0, promised_at=10.0, now=0.0) == 10.0

    def test_is_believed_while_it_keeps_its_word(self) -> None:
        exact = kitchen(*[1.0] * LEAST_SEEN)
        assert exact.ready_at(begun_at=0.0, promised_at=10.0, now=0.0) == 10.0
        assert exact.ready_at(begun_at=0.0, promised_at=10.0, now=12.0) == 12.0

    def test_is_expected_to_be_late_once_it_is(self) -> None:
        dice = Random(1)
        noisy = kitchen(*(dice.lognormvariate(0.0, 0.3) for _ in range(200)))
        assert noisy.ready_at(begun_at=0.0, promised_at=10.0, now=0.0) < 10.0
        assert noisy.ready_at(begun_at=0.0, promised_at=10.0, now=10.0) > 11.0

    def test_is_never_expected_in_the_past(self) -> None:
        noisy = kitchen(*[0.5, 0.7] * LEAST_SEEN)
        assert noisy.ready_at(begun_at=0.0, promised_at=10.0, now=30.0) >= 30.0

    def test_of_several_shops_add_up(self) -> None:
        both = kitchen(*[0.8] * LEAST_SEEN) + kitchen(*[1.2] * LEAST_SEEN)
        assert both.aged(0.5).count == LEAST_SEEN
        assert both.count == 2 * LEAST_SEEN

    @pytest.mark.parametrize(("promised", "took"), [(0.0, 5.0), (5.0, 0.0), (-1.0, 5.0)])
    def test_learns_nothing_from_nonsense(self, promised: float, took: float) -> None:
        assert Kitchen().with_order(promised=promised, took=took) == Kitchen()
