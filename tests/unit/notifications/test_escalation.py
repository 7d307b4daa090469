"""Which step comes when, and whether it is still wanted."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.escalation import (
    Channel,
    Clocks,
    Condition,
    Verdict,
    decide,
    next_step,
    planned_steps,
)
from notifications.policies import KINDS, PLAIN, SHOP_LADDER


START = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
LATER = START + timedelta(minutes=5)
SOON = START + timedelta(seconds=1)


class TestPlannedSteps:
    def test_follow_the_shop_ladder(self) -> None:
        planned = planned_steps(SHOP_LADDER, start=START, expires_at=LATER)
        assert [(step.channel, (at - START).total_seconds()) for step, at in planned] == [
            (Channel.BOARD, 0),
            (Channel.PUSH, 10),
            (Channel.PUSH, 30),
            (Channel.SMS, 60),
            (Channel.CALL, 90),
            (Channel.OPERATOR, 180),
        ]

    def test_leave_out_what_would_come_too_late(self) -> None:
        expires_at = START + timedelta(seconds=60)
        planned = list(planned_steps(SHOP_LADDER, start=START, expires_at=expires_at))
        assert [step.number for step, _ in planned] == [0, 1, 2]

    @pytest.mark.parametrize("template", KINDS)
    def test_rise_in_number_and_time(self, template: str) -> None:
        steps = KINDS[template].policy.steps
        assert [step.number for step in steps] == sorted({step.number for step in steps})
        assert [step.after for step in steps] == sorted(step.after for step in steps)


class TestDecide:
    @pytest.mark.parametrize(
        ("condition", "clocks", "expected"),
        [
            (Condition.UNDELIVERED, Clocks(), Verdict.SEND),
            (Condition.UNDELIVERED, Clocks(delivered_at=START), Verdict.CANCEL),
            (Condition.UNANSWERED, Clocks(delivered_at=START), Verdict.SEND),
            (Condition.UNANSWERED, Clocks(acted_at=START), Verdict.CANCEL),
            (Condition.UNANSWERED, Clocks(closed_at=START), Verdict.CANCEL),
        ],
    )
    def test_heeds_the_clocks(
        self, condition: Condition, clocks: Clocks, expected: Verdict
    ) -> None:
        verdict, _ = decide(condition, clocks, expires_at=LATER, now=SOON)
        assert verdict is expected

    def test_tells_nobody_what_is_over(self) -> None:
        verdict, _ = decide(Condition.UNANSWERED, Clocks(), expires_at=SOON, now=SOON)
        assert verdict is Verdict.EXPIRE


class TestNextStep:
    def test_skips_steps_whose_condition_fell(self) -> None:
        step = next_step(SHOP_LADDER.steps, after=0, clocks=Clocks(delivered_at=START))
        assert step is not None
        assert step.number == 2

    def test_is_none_after_the_last_or_after_an_act(self) -> None:
        assert next_step(PLAIN.steps, after=1, clocks=Clocks()) is None
        assert next_step(SHOP_LADDER.steps, after=0, clocks=Clocks(acted_at=START)) is None
