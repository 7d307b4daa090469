"""Every pair of state and trigger of offers and shifts is decided."""

import pytest

from dispatch.states import (
    OFFER_TRANSITIONS,
    IllegalOfferTransition,
    OfferState,
    OfferTrigger,
    ShiftState,
    ShiftTrigger,
    next_offer_state,
    next_shift_state,
)


class TestOffer:
    @pytest.mark.parametrize("trigger", OfferTrigger)
    @pytest.mark.parametrize("state", OfferState)
    def test_pair_leads_where_the_table_says_or_is_refused(
        self, state: OfferState, trigger: OfferTrigger
    ) -> None:
        if (state, trigger) in OFFER_TRANSITIONS:
            assert next_offer_state(state, trigger) is OFFER_TRANSITIONS[state, trigger]
        else:
            with pytest.raises(IllegalOfferTransition):
                next_offer_state(state, trigger)

    def test_only_an_open_offer_can_change(self) -> None:
        assert {state for state, _ in OFFER_TRANSITIONS} == {OfferState.OPEN}


class TestShift:
    @pytest.mark.parametrize("trigger", ShiftTrigger)
    @pytest.mark.parametrize("state", ShiftState)
    def test_every_pair_is_legal(self, state: ShiftState, trigger: ShiftTrigger) -> None:
        online = next_shift_state(state, trigger) is ShiftState.ONLINE
        assert online == (trigger is ShiftTrigger.GO_ONLINE)
