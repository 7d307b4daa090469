"""The law of a delivery leg: the courier's part of an order.

The numbers in the comments are the codes of the WeChat instant-delivery standard.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class LegState(StrEnum):
    """Where the courier's part stands."""

    UNASSIGNED = "unassigned"  # 101: nobody yet
    OFFERED = "offered"  # 101: at least one offer is open
    ASSIGNED = "assigned"  # 102: a courier is on the way to the shop
    AT_PICKUP = "at_pickup"  # 201: the courier is at the shop
    PICKED_UP = "picked_up"  # 202: the courier has the order
    AT_DROPOFF = "at_dropoff"  # the courier is at the door
    DELIVERED = "delivered"  # 302: done
    FAILED = "failed"  # nobody at the door, refused, damaged
    RETURNING = "returning"  # 303: on the way back to the shop
    RETURNED = "returned"  # 401: back at the shop
    CANCELLED = "cancelled"  # 103: ended with its order


class LegTrigger(StrEnum):
    """What can happen to a leg."""

    OFFER = "offer"  # a courier is asked
    LAPSE = "lapse"  # the last open offer ended
    ASSIGN = "assign"  # a courier takes it or is given it, or the shop carries it itself
    UNASSIGN = "unassign"  # the courier or an operator gives it back
    WAIT = "wait"  # the shop, asked what to do, waits for a courier
    ARRIVE_PICKUP = "arrive_pickup"  # the courier is at the shop
    PICK_UP = "pick_up"  # the courier takes the order along
    ARRIVE_DROPOFF = "arrive_dropoff"  # the courier is at the door
    DELIVER = "deliver"  # the customer has it, and that is proven
    FAIL = "fail"  # the order does not reach the customer
    RETURN = "return"  # the courier sets off back to the shop
    RETURN_DONE = "return_done"  # the shop has it back, and says so
    REATTEMPT = "reattempt"  # an operator sends the courier to the door again
    CANCEL = "cancel"  # the order ended


S, T = LegState, LegTrigger

WITH_COURIER: Final = frozenset(
    {S.ASSIGNED, S.AT_PICKUP, S.PICKED_UP, S.AT_DROPOFF, S.FAILED, S.RETURNING}
)
WITHOUT_COURIER: Final = frozenset({S.UNASSIGNED, S.OFFERED})
ENDED: Final = frozenset({S.DELIVERED, S.RETURNED, S.CANCELLED})

TRANSITIONS: Final = MappingProxyType(
    {
        (S.UNASSIGNED, T.OFFER): S.OFFERED,
        (S.OFFERED, T.OFFER): S.OFFERED,
        (S.OFFERED, T.LAPSE): S.UNASSIGNED,
        (S.UNASSIGNED, T.ASSIGN): S.ASSIGNED,
        (S.OFFERED, T.ASSIGN): S.ASSIGNED,
        (S.UNASSIGNED, T.WAIT): S.UNASSIGNED,
        (S.OFFERED, T.WAIT): S.OFFERED,
        (S.ASSIGNED, T.UNASSIGN): S.UNASSIGNED,
        (S.AT_PICKUP, T.UNASSIGN): S.UNASSIGNED,
        (S.ASSIGNED, T.ARRIVE_PICKUP): S.AT_PICKUP,
        (S.AT_PICKUP, T.PICK_UP): S.PICKED_UP,
        (S.ASSIGNED, T.PICK_UP): S.PICKED_UP,
        (S.PICKED_UP, T.ARRIVE_DROPOFF): S.AT_DROPOFF,
        (S.PICKED_UP, T.DELIVER): S.DELIVERED,
        (S.AT_DROPOFF, T.DELIVER): S.DELIVERED,
        (S.PICKED_UP, T.FAIL): S.FAILED,
        (S.AT_DROPOFF, T.FAIL): S.FAILED,
        (S.FAILED, T.RETURN): S.RETURNING,
        (S.FAILED, T.RETURN_DONE): S.RETURNED,
        (S.RETURNING, T.RETURN_DONE): S.RETURNED,
        (S.FAILED, T.REATTEMPT): S.PICKED_UP,
        (S.RETURNING, T.REATTEMPT): S.PICKED_UP,
        **{(state, T.CANCEL): S.CANCELLED for state in LegState if state not in ENDED},
    }
)
"""(state, trigger) -> next state; a pair that is missing is illegal."""

WHO_MAY: Final = MappingProxyType(
    {
        T.OFFER: frozenset({"system"}),
        T.LAPSE: frozenset({"system", "courier", "operator"}),
        T.ASSIGN: frozenset({"system", "courier", "merchant", "operator"}),
        T.UNASSIGN: frozenset({"system", "courier", "operator"}),
        T.WAIT: frozenset({"merchant", "operator"}),
        T.ARRIVE_PICKUP: frozenset({"courier"}),
        T.PICK_UP: frozenset({"courier", "merchant", "operator"}),
        T.ARRIVE_DROPOFF: frozenset({"courier"}),
        T.DELIVER: frozenset({"courier", "operator", "system"}),
        T.FAIL: frozenset({"courier"}),
        T.RETURN: frozenset({"courier"}),
        T.RETURN_DONE: frozenset({"merchant", "operator"}),
        T.REATTEMPT: frozenset({"operator"}),
        T.CANCEL: frozenset({"customer", "merchant", "operator", "courier", "system"}),
    }
)
"""Trigger -> roles that may pull it; a leg is cancelled by whoever ends its order."""


class IllegalLegTransition(Exception):
    """The trigger does not lead anywhere from this state."""

    def __init__(self, state: LegState, trigger: LegTrigger) -> None:
        """Keep both, and what would have been allowed."""
        super().__init__(f"{trigger} is not possible in {state}")
        self.state = state
        self.trigger = trigger
        self.allowed = allowed_triggers(state)


def next_state(state: LegState, trigger: LegTrigger) -> LegState:
    """Return the state that `trigger` leads to.

    :raises IllegalLegTransition: when the table has no such pair.
    """
    try:
        return TRANSITIONS[state, trigger]
    except KeyError:
        raise IllegalLegTransition(state, trigger) from None


def allowed_triggers(state: LegState, role: str | None = None) -> list[LegTrigger]:
    """Triggers possible in `state`, for `role` when given, in the enum's order."""
    return [
        trigger
        for trigger in LegTrigger
        if (state, trigger) in TRANSITIONS and (role is None or role in WHO_MAY[trigger])
    ]
