"""Every pair of payment state and trigger is decided."""

import itertools

import pytest

from core.payments.states import (
    TRANSITIONS,
    IllegalPaymentTransition,
    PaymentState,
    PaymentTrigger,
    next_state,
)


class TestPaymentStates:
    @pytest.mark.parametrize(
        ("state", "trigger"), list(itertools.product(PaymentState, PaymentTrigger))
    )
    def test_decide_every_pair(self, state: PaymentState, trigger: PaymentTrigger) -> None:
        if (state, trigger) in TRANSITIONS:
            assert next_state(state, trigger) is TRANSITIONS[state, trigger]
            return
        with pytest.raises(IllegalPaymentTransition):
            next_state(state, trigger)

    @pytest.mark.parametrize("state", [PaymentState.VOIDED, PaymentState.REFUNDED])
    def test_never_leave_an_end(self, state: PaymentState) -> None:
        assert not [pair for pair in TRANSITIONS if pair[0] is state]

    def test_reach_every_state(self) -> None:
        assert set(TRANSITIONS.values()) | {PaymentState.CREATED} == set(PaymentState)
