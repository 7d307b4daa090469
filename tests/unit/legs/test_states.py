"""The law of a delivery leg, pair by pair."""

import pytest

from core.legs.states import (
    ENDED,
    TRANSITIONS,
    WHO_MAY,
    IllegalLegTransition,
    LegState,
    LegTrigger,
    next_state,
)


LIVE = {"cancel": "cancelled"}
EXPECTED: dict[str, dict[str, str]] = {
    "unassigned": LIVE | {"offer": "offered", "assign": "assigned", "wait": "unassigned"},
    "offered": LIVE
    | {"offer": "offered", "lapse": "unassigned", "assign": "assigned", "wait": "offered"},
    "assigned": LIVE
    | {"unassign": "unassigned", "arrive_pickup": "at_pickup", "pick_up": "picked_up"},
    "at_pickup": LIVE | {"unassign": "unassigned", "pick_up": "picked_up"},
    "picked_up": LIVE | {"arrive_dropoff": "at_dropoff", "deliver": "delivered", "fail": "failed"},
    "at_dropoff": LIVE | {"deliver": "delivered", "fail": "failed"},
    "failed": LIVE | {"return": "returning", "return_done": "returned", "reattempt": "picked_up"},
    "returning": LIVE | {"return_done": "returned", "reattempt": "picked_up"},
    "delivered": {},
    "returned": {},
    "cancelled": {},
}
MAY: dict[str, set[str]] = {
    "courier": {trigger.value for trigger in LegTrigger}
    - {"offer", "wait", "return_done", "reattempt"},
    "merchant": {"assign", "wait", "pick_up", "return_done", "cancel"},
    "customer": {"cancel"},
    "operator": {
        *("lapse", "assign", "unassign", "wait", "pick_up", "deliver"),
        *("return_done", "reattempt", "cancel"),
    },
    "system": {"offer", "lapse", "assign", "unassign", "deliver", "cancel"},
}


class TestEveryPair:
    @pytest.mark.parametrize("state", LegState)
    @pytest.mark.parametrize("trigger", LegTrigger)
    def test_is_decided(self, state: LegState, trigger: LegTrigger) -> None:
        if trigger in EXPECTED[state]:
            assert next_state(state, trigger) == EXPECTED[state][trigger]
        else:
            with pytest.raises(IllegalLegTransition) as refused:
                next_state(state, trigger)
            assert trigger not in refused.value.allowed

    @pytest.mark.parametrize("role", MAY)
    @pytest.mark.parametrize("trigger", LegTrigger)
    def test_says_who_may(self, role: str, trigger: LegTrigger) -> None:
        assert (role in WHO_MAY[trigger]) == (trigger in MAY[role])


class TestTable:
    def test_lets_nothing_out_of_an_end(self) -> None:
        assert not [state for state, _ in TRANSITIONS if state in ENDED]

    def test_can_end_every_live_leg(self) -> None:
        cancellable = {state for state, trigger in TRANSITIONS if trigger is LegTrigger.CANCEL}
        assert cancellable == set(LegState) - ENDED
