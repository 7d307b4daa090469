"""Who is asked first, and why others are not asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from dispatch.matching.ranking import Candidate, Need, Place, Skip, rank
from dispatch.policy import Mode, Vehicle, ZonePolicy


NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SHOP = Place(latitude=31.23, longitude=121.47)
LEG = Need(pickup=SHOP, dropoff=Place(latitude=31.24, longitude=121.47))
LADDER = ZonePolicy().steps
FIRST = LADDER[0]


def place(metres: float) -> Place:
    return Place(latitude=31.23 + metres / 111_195, longitude=121.47)


def candidate(number: int, metres: float = 500) -> Candidate:
    return Candidate(
        id=UUID(int=number),
        place=place(metres),
        position_at=NOW,
        online=True,
        vehicle=Vehicle.SCOOTER,
        active_count=0,
        capacity=3,
        idle_since=NOW,
    )


def order(*candidates: Candidate) -> list[int]:
    return [choice.courier_id.int for choice in rank(candidates, LEG, NOW, FIRST).chosen]


class TestOrder:
    def test_prefers_the_nearer(self) -> None:
        assert order(candidate(1, 900), candidate(2, 300)) == [2, 1]

    def test_prefers_who_has_waited_longer(self) -> None:
        patient = replace(candidate(1, 600), idle_since=NOW - timedelta(minutes=20))
        assert order(candidate(2, 500), patient) == [1, 2]

    def test_stops_counting_idle_time_at_half_an_hour(self) -> None:
        since_dawn = replace(candidate(1), idle_since=NOW - timedelta(hours=9))
        half_hour = replace(candidate(2), idle_since=NOW - timedelta(minutes=30))
        assert order(half_hour, since_dawn) == [1, 2]

    def test_prefers_who_carries_less(self) -> None:
        loaded = replace(candidate(1, 300), active_count=1)
        assert order(loaded, candidate(2, 600)) == [2, 1]

    def test_prefers_who_is_not_thinking_about_another_offer(self) -> None:
        asked = replace(candidate(1, 300), open_count=1)
        assert order(asked, candidate(2, 600)) == [2, 1]

    def test_prefers_the_faster_vehicle(self) -> None:
        walker = replace(candidate(1, 500), vehicle=Vehicle.WALK)
        assert order(walker, candidate(2, 700)) == [2, 1]

    def test_does_not_depend_on_the_input_order(self) -> None:
        couriers = [candidate(number) for number in range(5)]
        assert order(*couriers) == order(*reversed(couriers))


class TestSkip:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"online": False}, Skip.OFFLINE),
            ({"position_at": NOW - timedelta(minutes=3)}, Skip.STALE),
            ({"active_count": 3}, Skip.FULL),
            ({"active_count": 1, "open_count": 2}, Skip.FULL),
            ({"refused_bonus_minor": 0}, Skip.REFUSED),
            ({"place": place(2100)}, Skip.FAR),
        ],
    )
    def test_names_the_reason(self, changes: dict[str, Any], reason: Skip) -> None:
        ranking = rank([replace(candidate(1), **changes)], LEG, NOW, FIRST)
        assert ranking.skipped == {UUID(int=1): reason}

    def test_leaves_long_trips_to_wheels(self) -> None:
        long = replace(LEG, dropoff=place(-3000))
        walker = replace(candidate(1), vehicle=Vehicle.WALK)
        assert rank([walker], long, NOW, FIRST).skipped == {UUID(int=1): Skip.VEHICLE}

    def test_respects_an_exclusion(self) -> None:
        leg = replace(LEG, excluded=frozenset({UUID(int=1)}))
        assert rank([candidate(1)], leg, NOW, FIRST).skipped == {UUID(int=1): Skip.EXCLUDED}

    def test_asks_again_for_more_money(self) -> None:
        refused = replace(candidate(1, 100), refused_bonus_minor=0)
        assert rank([refused], LEG, NOW, LADDER[2]).chosen

    def test_shows_the_board_to_who_is_asked_elsewhere(self) -> None:
        asked = replace(candidate(1), open_count=3)
        board = next(step for step in LADDER if step.mode is Mode.BOARD)
        assert rank([asked], LEG, NOW, board).chosen


class TestReasons:
    def test_are_bounded(self) -> None:
        ranking = rank([candidate(number) for number in range(99)], LEG, NOW, FIRST)
        kept = ranking.as_json(most=10)
        assert (kept["considered"], len(kept["scores"])) == (99, 10)
