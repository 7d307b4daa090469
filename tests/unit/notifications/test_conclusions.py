"""What becomes of a delivery after its provider answered, or did not."""

import pytest

from notifications.channels.result import Outcome, SendResult
from notifications.circuits.gates import HELD
from notifications.conclusions import (
    ATTEMPT_LIMITS,
    Conclusion,
    backoff_seconds,
    conclude_lost,
    conclude_push,
    conclude_text,
)
from notifications.escalation import Channel
from notifications.states import DeliveryState, DeliveryTrigger, sources_of, target_of


T = DeliveryTrigger


def push(*outcomes: Outcome, attempt: int = 1, reached_before: bool = False) -> DeliveryTrigger:
    results = [SendResult(outcome, "code") for outcome in outcomes]
    return conclude_push(results, attempt=attempt, reached_before=reached_before).trigger


def text(
    outcome: Outcome, *, attempt: int = 1, has_fresh: bool = False, has_other: bool = False
) -> Conclusion:
    return conclude_text(
        SendResult(outcome, "code"),
        Channel.SMS,
        attempt=attempt,
        has_fresh=has_fresh,
        has_other=has_other,
    )


class TestPush:
    def test_is_done_when_any_device_was_reached(self) -> None:
        assert push(Outcome.SENT, Outcome.GONE) is T.TAKE
        assert push(Outcome.GONE, attempt=2, reached_before=True) is T.TAKE

    def test_is_tried_again_while_a_device_may_be_reached(self) -> None:
        assert push(Outcome.SENT, Outcome.RETRY) is T.POSTPONE
        assert push(Outcome.UNKNOWN) is T.POSTPONE

    def test_is_given_up_in_the_end(self) -> None:
        assert push() is T.GIVE_UP
        assert push(Outcome.REFUSED) is T.GIVE_UP
        assert push(Outcome.UNKNOWN, attempt=ATTEMPT_LIMITS[Channel.PUSH]) is T.GIVE_UP

    def test_is_tried_until_it_expires_while_its_service_fails(self) -> None:
        assert push(Outcome.RETRY, attempt=ATTEMPT_LIMITS[Channel.PUSH] + 1000) is T.POSTPONE

    def test_waits_for_the_first_device_that_may_be_tried_again(self) -> None:
        results = [
            SendResult(Outcome.RETRY, "http_429", retry_after_seconds=90),
            SendResult(Outcome.RETRY, HELD, retry_after_seconds=20),
        ]
        conclusion = conclude_push(results, attempt=1, reached_before=False)
        assert (conclusion.wait_seconds, conclusion.code) == (20, "http_429")
        assert not conclusion.is_free

    def test_spends_nothing_where_nothing_was_tried(self) -> None:
        results = [SendResult(Outcome.RETRY, HELD, retry_after_seconds=20)]
        assert conclude_push(results, attempt=1, reached_before=False).is_free

    def test_waits_as_long_as_was_asked(self) -> None:
        result = SendResult(Outcome.RETRY, "http_429", retry_after_seconds=90)
        assert conclude_push([result], attempt=1, reached_before=False).wait_seconds == 90


class TestSms:
    @pytest.mark.parametrize(
        ("outcome", "trigger"),
        [
            (Outcome.SENT, T.TAKE),
            (Outcome.UNKNOWN, T.DOUBT),
            (Outcome.RETRY, T.POSTPONE),
            (Outcome.REFUSED, T.GIVE_UP),
            (Outcome.UNAUTHORISED, T.GIVE_UP),
        ],
    )
    def test_repeats_only_a_definite_no(self, outcome: Outcome, trigger: DeliveryTrigger) -> None:
        assert text(outcome).trigger is trigger

    def test_goes_to_another_vendor_at_once_after_a_definite_no(self) -> None:
        for outcome in (Outcome.REFUSED, Outcome.UNAUTHORISED, Outcome.RETRY):
            conclusion = text(outcome, has_fresh=True, has_other=True)
            assert (conclusion.trigger, conclusion.wait_seconds) == (T.POSTPONE, 0.0)

    def test_goes_to_nobody_else_after_anything_less(self) -> None:
        assert text(Outcome.UNKNOWN, has_fresh=True, has_other=True).trigger is T.DOUBT

    def test_waits_before_it_goes_back_to_a_vendor_that_was_busy(self) -> None:
        assert text(Outcome.REFUSED, has_other=True).wait_seconds > 0

    def test_is_given_up_when_its_attempts_are_spent(self) -> None:
        last = ATTEMPT_LIMITS[Channel.SMS]
        assert text(Outcome.RETRY, attempt=last).trigger is T.GIVE_UP
        assert text(Outcome.REFUSED, attempt=last, has_other=True).trigger is T.GIVE_UP

    def test_is_asked_about_when_it_may_have_been_taken(self) -> None:
        asked = [outcome for outcome in Outcome if text(outcome).asks]
        assert asked == [Outcome.SENT, Outcome.UNKNOWN]
        assert conclude_lost(Channel.CALL, attempt=1).asks

    def test_is_uncertain_when_its_sender_vanished(self) -> None:
        assert conclude_lost(Channel.SMS, attempt=1).trigger is T.DOUBT
        assert conclude_lost(Channel.PUSH, attempt=1).trigger is T.LOSE


class TestBackoff:
    def test_doubles_up_to_a_limit(self) -> None:
        assert [backoff_seconds(attempt) for attempt in (1, 2, 3, 20)] == [0.5, 1.0, 2.0, 30.0]


class TestStates:
    @pytest.mark.parametrize("trigger", DeliveryTrigger)
    def test_every_trigger_leads_to_one_state(self, trigger: DeliveryTrigger) -> None:
        assert target_of(trigger) in DeliveryState
        # Waiting moves the time alone.
        leaves = trigger is not DeliveryTrigger.WAIT
        assert (target_of(trigger) not in sources_of(trigger)) == leaves

    def test_what_is_uncertain_is_never_claimed(self) -> None:
        assert DeliveryState.UNCERTAIN not in sources_of(DeliveryTrigger.CLAIM)
        assert target_of(DeliveryTrigger.CLAIM) is DeliveryState.LEASED
