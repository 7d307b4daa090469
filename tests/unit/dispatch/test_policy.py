"""The ladder as data."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from core.legs.ladder import Rung
from core.orders.policy import OUTCOMES
from dispatch.policy import ASCENDING, ZONE_BOUNDS, Mode, ZonePolicy


MINUTE = timedelta(minutes=1)
STANDARD = ZonePolicy()


class TestLadder:
    def test_begins_at_once_and_only_rises(self) -> None:
        starts = [step.after for step in STANDARD.steps]
        assert starts[0] == timedelta(0)
        assert starts == sorted(set(starts))
        for names in ASCENDING:
            for name, later in pairwise(names):
                assert getattr(STANDARD, name) <= getattr(STANDARD, later)

    @pytest.mark.parametrize(
        ("minutes", "index"), [(0, 0), (2.99, 0), (3, 1), (5, 2), (6.5, 3), (99, 3), (-1, 0)]
    )
    def test_step_follows_the_time(self, minutes: float, index: int) -> None:
        assert STANDARD.step_at(minutes * MINUTE) is STANDARD.steps[index]

    def test_marks_lead_from_rung_to_rung_to_the_end(self) -> None:
        elapsed, marks = timedelta(0), []
        while (mark := STANDARD.next_mark(elapsed)) is not None:
            marks.append(mark / MINUTE)
            elapsed = mark
        assert marks == [3, 5, 6.5, 8, 10, 20]
        assert [rung for _, rung in STANDARD.marks] == list(Rung)

    def test_tells_what_each_rung_leads_to(self) -> None:
        assert set(Rung) <= OUTCOMES.keys()


class TestZonePolicy:
    def test_moves_rungs_as_the_zone_says(self) -> None:
        slow = replace(STANDARD, widen_after_seconds=240, near_metres=1_500, bonus_minor=400)
        assert slow.steps[0].radius_metres == 1_500
        assert slow.step_at(3 * MINUTE) is slow.steps[0]
        assert slow.step_at(5 * MINUTE).bonus_minor == 400
        assert slow.next_mark(timedelta(0)) == 4 * MINUTE

    @pytest.mark.parametrize(("minutes", "mode"), [(0, "batch"), (3, "batch"), (6.5, "board")])
    def test_may_be_wider_than_the_ladder_but_not_narrower(
        self, minutes: float, mode: str
    ) -> None:
        assert ZonePolicy(offer_mode=Mode.BATCH).step_at(minutes * MINUTE).mode == mode

    def test_keeps_the_radius_and_the_pay_of_the_rung(self) -> None:
        wide = ZonePolicy(offer_mode=Mode.BOARD).step_at(5 * MINUTE)
        assert (wide.radius_metres, wide.bonus_minor) == (5_000, 300)

    def test_defaults_lie_within_the_bounds(self) -> None:
        for name, (least, most) in ZONE_BOUNDS.items():
            assert least <= getattr(STANDARD, name) <= most
