"""When orders reach their doors: what is loaded first, then shop by shop."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dispatch.arrivals.estimate import LEAST, TO_FIND, Task, estimate, is_worth_telling
from dispatch.matching import Handling, Point


HANDLING = Handling()
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HOME = (0.0, 0.0)


def minutes(here: Point, there: Point) -> float:
    """Tell the way in a town without corners."""
    return abs(here[0] - there[0]) + abs(here[1] - there[1])


def task(name: str, shop: float, door: float, ready_at: float = 0, **state: bool) -> Task:
    return Task(leg_id=name, shop=(shop, 0.0), door=(door, 0.0), ready_at=ready_at, **state)


def arrivals(*tasks: Task, start: Point | None = HOME) -> dict[str, float]:
    return estimate(tasks, minutes, HANDLING, start=start)


LOAD, DOOR = HANDLING.pickup_minutes, HANDLING.dropoff_minutes


class TestEstimate:
    def test_is_way_and_loading_and_way(self) -> None:
        assert arrivals(task("a", 5, 12)) == {"a": 5 + LOAD + 7 + DOOR / 2}

    def test_waits_for_the_food(self) -> None:
        assert arrivals(task("a", 5, 12, ready_at=30)) == {"a": 30 + LOAD + 7 + DOOR / 2}

    def test_needs_somebody_first(self) -> None:
        found = arrivals(task("a", 5, 12), start=None)
        assert found == {"a": TO_FIND + LOAD + 7 + DOOR / 2}

    def test_goes_straight_to_the_door_once_loaded(self) -> None:
        assert arrivals(task("a", 5, 12, is_loaded=True)) == {"a": 12 + DOOR / 2}

    def test_delivers_what_is_loaded_before_it_loads_more(self) -> None:
        found = arrivals(task("new", 6, 9), task("old", 50, 4, is_loaded=True))
        assert found["old"] == 4 + DOOR / 2
        assert found["new"] == 4 + DOOR + 2 + LOAD + 3 + DOOR / 2

    def test_loads_together_what_one_shop_made(self) -> None:
        found = arrivals(task("a", 5, 7), task("b", 5, 10, ready_at=20))
        assert found == {
            "a": 20 + LOAD + 2 + DOOR / 2,
            "b": 20 + LOAD + 2 + DOOR + 3 + DOOR / 2,
        }

    def test_is_soon_for_who_stands_at_the_door(self) -> None:
        found = arrivals(task("a", 5, 12, is_loaded=True, is_there=True))
        assert found == {"a": max(LEAST, DOOR / 2)}

    @given(
        some.lists(
            some.tuples(
                some.floats(0, 60), some.floats(0, 60), some.floats(-60, 60), some.booleans()
            ),
            min_size=1,
            max_size=6,
        )
    )
    def test_is_never_in_the_past_and_misses_nobody(
        self, drawn: list[tuple[float, float, float, bool]]
    ) -> None:
        tasks = [
            task(str(number), shop, door, ready_at, is_loaded=is_loaded)
            for number, (shop, door, ready_at, is_loaded) in enumerate(drawn)
        ]
        found = arrivals(*tasks)
        assert found.keys() == {each.leg_id for each in tasks}
        assert min(found.values()) >= LEAST


class TestWorthTelling:
    @pytest.mark.parametrize(
        ("known", "found", "is_told"),
        [
            (600, 660, False), (600, 540, False), (600, 661, True), (600, 539, True),
            (0, 30, True), (-30, 30, True), (1, 30, False),
        ],
    )  # fmt: skip
    def test_is_what_moved_by_more_than_a_minute_or_has_passed(
        self, known: int, found: int, *, is_told: bool
    ) -> None:
        before, after = (NOW + timedelta(seconds=each) for each in (known, found))
        assert is_worth_telling(before, after, now=NOW) is is_told

    def test_is_what_was_not_known(self) -> None:
        assert is_worth_telling(None, NOW, now=NOW)
