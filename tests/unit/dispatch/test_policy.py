"""The ladder as data."""

from datetime import timedelta

import pytest

from dispatch.policy import (
    ESCALATIONS,
    LADDER,
    ZONE_BOUNDS,
    Escalation,
    Mode,
    ZonePolicy,
    escalations_until,
    next_mark,
    step_at,
)


MINUTE = timedelta(minutes=1)


class TestLadder:
    def test_begins_at_once_and_only_rises(self) -> None:
        starts = [step.after for step in LADDER]
        assert starts[0] == timedelta(0)
        assert starts == sorted(set(starts))
        assert [step.bonus_minor for step in LADDER] == sorted(step.bonus_minor for step in LADDER)

    @pytest.mark.parametrize(
        ("minutes", "index"), [(0, 0), (2.99, 0), (3, 1), (5, 2), (6.5, 3), (99, 3), (-1, 0)]
    )
    def test_step_follows_the_time(self, minutes: float, index: int) -> None:
        assert step_at(minutes * MINUTE) is LADDER[index]

    def test_marks_lead_from_step_to_step_to_the_end(self) -> None:
        elapsed, marks = timedelta(0), []
        while (mark := next_mark(elapsed)) is not None:
            marks.append(mark / MINUTE)
            elapsed = mark
        assert marks == [3, 5, 6.5, 8, 10, 20]


class TestZonePolicy:
    def test_by_default_is_the_ladder(self) -> None:
        for rung in LADDER:
            assert ZonePolicy().step_at(rung.after) == rung

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
            assert least <= getattr(ZonePolicy(), name) <= most


class TestEscalations:
    def test_come_once(self) -> None:
        assert escalations_until(9 * MINUTE, done=0) == [Escalation.ASK_SHOP]
        assert escalations_until(9 * MINUTE, done=1) == []

    def test_are_caught_up_after_a_long_silence(self) -> None:
        assert escalations_until(60 * MINUTE, done=0) == [what for _, what in ESCALATIONS]
