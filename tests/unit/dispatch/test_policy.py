"""The ladder as data."""

from datetime import timedelta

import pytest

from dispatch.policy import ESCALATIONS, LADDER, Escalation, escalations_until, next_mark, step_at


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


class TestEscalations:
    def test_come_once(self) -> None:
        assert escalations_until(9 * MINUTE, done=0) == [Escalation.ASK_SHOP]
        assert escalations_until(9 * MINUTE, done=1) == []

    def test_are_caught_up_after_a_long_silence(self) -> None:
        assert escalations_until(60 * MINUTE, done=0) == [what for _, what in ESCALATIONS]
