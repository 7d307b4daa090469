"""The law of a webhook delivery, and what answers make of it."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.webhooks.conclusions import (
    BACKOFF_SECONDS,
    GIVE_UP_SECONDS,
    LONGEST_REST_SECONDS,
    Answer,
    backoff_seconds,
    conclude,
    next_attempt,
    rest_seconds,
)
from notifications.webhooks.states import (
    ENDED,
    OPEN,
    TRANSITIONS,
    HookState,
    HookTrigger,
    sources_of,
    target_of,
)


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class TestTable:
    @pytest.mark.parametrize("trigger", HookTrigger)
    def test_leads_each_trigger_to_one_state(self, trigger: HookTrigger) -> None:
        targets = {after for (_, known), after in TRANSITIONS.items() if known is trigger}
        assert targets == {target_of(trigger)}
        assert sources_of(trigger)

    def test_lets_nothing_that_ended_open_again(self) -> None:
        assert not [state for state, _ in TRANSITIONS if state in ENDED]

    def test_reaches_every_state_but_the_first_ones(self) -> None:
        first = {HookState.QUEUED, HookState.PENDING, HookState.HELD}
        assert set(TRANSITIONS.values()) | first == set(HookState)

    def test_cancels_whatever_is_open(self) -> None:
        assert sources_of(HookTrigger.CANCEL) == OPEN


class TestConclusion:
    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    def test_of_success_is_accepted(self, status: int) -> None:
        verdict = conclude(Answer(code="", status=status), attempt=1, is_last=True)
        assert verdict.trigger is HookTrigger.ACCEPT

    @pytest.mark.parametrize("status", [None, 199, 300, 302, 400, 401, 404, 429, 500, 503])
    def test_of_anything_else_is_to_try_again_until_the_last(self, status: int | None) -> None:
        answer = Answer(code="", status=status)
        again = conclude(answer, attempt=1, is_last=False)
        assert (again.trigger, again.wait_seconds) == (HookTrigger.POSTPONE, BACKOFF_SECONDS[0])
        assert conclude(answer, attempt=9, is_last=True).trigger is HookTrigger.GIVE_UP

    def test_of_gone_is_to_keep_it_for_the_day_when_it_is_back(self) -> None:
        assert conclude(Answer(code="", status=410), attempt=1, is_last=True).trigger is (
            HookTrigger.HOLD
        )

    def test_of_a_wish_to_rest_waits_at_least_so_long(self) -> None:
        answer = Answer(code="", status=503, retry_after_seconds=90.0)
        assert conclude(answer, attempt=1, is_last=False).wait_seconds == 90.0
        assert rest_seconds(Answer(code="", retry_after_seconds=10**9)) == LONGEST_REST_SECONDS


class TestBackoff:
    def test_grows_and_then_stays(self) -> None:
        waits = [backoff_seconds(attempt) for attempt in range(1, 30)]
        assert waits == sorted(waits)
        assert waits[-1] == BACKOFF_SECONDS[-1]

    def test_makes_many_attempts_in_the_first_minutes_and_some_until_the_end(self) -> None:
        moments, attempt = [0.0], 1
        while moments[-1] < GIVE_UP_SECONDS:
            moments.append(moments[-1] + backoff_seconds(attempt))
            attempt += 1
        assert sum(moment <= 300 for moment in moments) >= 7
        assert len(moments) < 40


class TestNextAttempt:
    def test_comes_after_the_wait(self) -> None:
        due = next_attempt(now=NOON, wait=HOUR, asked=timedelta(), last=NOON + 5 * HOUR)
        assert due == NOON + HOUR

    def test_is_the_last_one_at_its_time(self) -> None:
        due = next_attempt(now=NOON, wait=2 * HOUR, asked=timedelta(), last=NOON + HOUR)
        assert due == NOON + HOUR

    def test_is_never_before_the_time_that_was_asked_for(self) -> None:
        due = next_attempt(now=NOON, wait=HOUR, asked=6 * HOUR, last=NOON + HOUR)
        assert due == NOON + 6 * HOUR
