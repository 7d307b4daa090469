"""Travel times are asked for once, alone or many together; a decision leaves nothing behind."""

import gc
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dispatch.matching import Budget, Point, Roads, decide
from dispatch.matching.routes import Lane
from dispatch.policy import Vehicle
from tests.matching.zones import POINTS, courier, leg, travel, zone


FOOT = Vehicle.WALK


class TestRoads:
    @given(st.lists(POINTS, min_size=1, max_size=9), POINTS)
    def test_says_the_same_of_many_as_of_one(self, origins: list[Point], end: Point) -> None:
        roads = Roads(travel)
        numbers = np.array([roads.point(each) for each in origins])
        together = roads.minutes_from(FOOT, numbers, roads.point(end))
        assert together.tolist() == [travel(each, end, FOOT) for each in origins]

    def test_asks_for_each_way_once(self) -> None:
        asked: list[Point] = []

        def ask(origins: Sequence[Point], end: Point, vehicle: Vehicle) -> list[float]:
            asked.extend(origins)
            return [travel(each, end, vehicle) for each in origins]

        roads = Roads(travel, ask)
        end = roads.point((9.0, 9.0))
        for count in (1, 3, 30):
            numbers = np.array([roads.point((float(x), 0.0)) for x in range(count)])
            assert len(roads.minutes_from(FOOT, numbers, end)) == count
        assert len(asked) == len(set(asked)) == 30

    def test_starts_anew_when_too_many_points_are_known(self) -> None:
        roads = Roads(travel)
        for number in range(20_001):
            roads.point((float(number), 0.0))
        anew = roads.trimmed()
        assert anew is not roads
        assert anew.minutes(FOOT, anew.point((0.0, 0.0)), anew.point((2.0, 0.0))) == 6.0
        assert anew.trimmed() is anew


def test_a_decision_leaves_no_cycles() -> None:
    """So that no search for them has to interrupt anything."""
    some = zone([courier("a"), courier("b")], [leg("1"), leg("2", "tea"), leg("3", "buns")])
    gc.disable()
    try:
        assert decide(some, budget=Budget(rounds=20)).rounds
        assert not any(type(each) is Lane for each in gc.get_objects())
    finally:
        gc.enable()
