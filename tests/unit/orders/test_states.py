"""The law of an order, pair by pair."""

import pytest

from core.orders.states import (
    GROUP,
    LIVE,
    TRANSITIONS,
    WHO_MAY,
    IllegalTransition,
    State,
    Trigger,
    allowed_triggers,
    next_state,
)


Steps = dict[str, str | None]

ANYWHERE: Steps = {"hold": None, "release": None}
WITH_SHOP: Steps = {
    "stop": "cancelled",
    "request_cancellation": None,
    "agree_cancellation": "cancelled",
    "refuse_cancellation": None,
    "nudge": None,
    "reply_nudge": None,
    "convert_to_pickup": None,
    "propose_pickup": None,
    "answer_pickup": None,
}
BEFORE_READY: Steps = {
    "mark_ready": "ready",
    "delay": None,
    "propose_adjustment": None,
    "adjust": None,
    "answer_adjustment": None,
}
EXPECTED: dict[str, Steps] = {
    "pending_payment": ANYWHERE
    | {"pay": "placed", "expire_payment": "cancelled", "cancel": "cancelled", "stop": "cancelled"},
    "placed": ANYWHERE
    | {
        "accept": "accepted",
        "reject": "cancelled",
        "expire_accept": "cancelled",
        "cancel": "cancelled",
        "stop": "cancelled",
        "nudge": None,
        "reply_nudge": None,
    },
    "accepted": ANYWHERE
    | WITH_SHOP
    | BEFORE_READY
    | {"start": "preparing", "cancel": "cancelled"},
    "preparing": ANYWHERE | WITH_SHOP | BEFORE_READY,
    "ready": ANYWHERE | WITH_SHOP | {"hand_over": "handed_over"},
    "handed_over": ANYWHERE
    | {"complete": "completed", "stop": "cancelled", "nudge": None, "reply_nudge": None},
    "completed": {},
    "cancelled": {},
}
"""State -> trigger -> next state; null stays where it is, and what is missing is illegal."""

MAY = {
    "customer": {
        "pay",
        "cancel",
        "request_cancellation",
        "nudge",
        "answer_adjustment",
        "convert_to_pickup",
        "answer_pickup",
    },
    "merchant": {
        "accept",
        "reject",
        "start",
        "mark_ready",
        "hand_over",
        "complete",
        "stop",
        "agree_cancellation",
        "refuse_cancellation",
        "delay",
        "propose_adjustment",
        "adjust",
        "reply_nudge",
        "propose_pickup",
    },
    "courier": {"hand_over", "complete"},
    "provider": {"pay"},
    "system": {
        "pay",
        "expire_payment",
        "accept",
        "expire_accept",
        "start",
        "complete",
        "stop",
        "agree_cancellation",
        "answer_adjustment",
        "answer_pickup",
        "release",
    },
}
MAY["operator"] = MAY["merchant"] | {"convert_to_pickup", "hold", "release"}


class TestEveryPair:
    @pytest.mark.parametrize("state", State)
    @pytest.mark.parametrize("trigger", Trigger)
    def test_is_decided(self, state: State, trigger: Trigger) -> None:
        if trigger in EXPECTED[state]:
            assert next_state(state, trigger) == (EXPECTED[state][trigger] or state)
        else:
            with pytest.raises(IllegalTransition) as refused:
                next_state(state, trigger)
            assert trigger not in refused.value.allowed

    @pytest.mark.parametrize("role", MAY)
    @pytest.mark.parametrize("trigger", Trigger)
    def test_says_who_may(self, role: str, trigger: Trigger) -> None:
        assert (role in WHO_MAY[trigger]) == (trigger in MAY[role])


class TestTable:
    def test_lets_nothing_out_of_an_end(self) -> None:
        assert not [state for state, _ in TRANSITIONS if state not in LIVE]

    def test_reaches_every_state(self) -> None:
        assert {*TRANSITIONS.values(), State.PENDING_PAYMENT} == set(State)

    def test_groups_every_state(self) -> None:
        assert set(GROUP) == set(State)

    def test_lists_what_a_role_may_do(self) -> None:
        allowed = allowed_triggers(State.PLACED, "customer")
        assert allowed == [Trigger.CANCEL, Trigger.NUDGE]
