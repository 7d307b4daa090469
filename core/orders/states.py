"""The law of an order: which trigger leads from which state to which, and who may pull it.

A command looks up `next_state(state, trigger)` under the order's row lock; there is no other way
to change a state. Requests that do not move the order (delay, nudge, hold, ...) are triggers too,
with the same state on both sides, so that one table decides everything.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where an order stands."""

    PENDING_PAYMENT = "pending_payment"  # 待付款: exists, reserved stock, waits for money
    PLACED = "placed"  # 待接单: the shop must answer before the accept deadline
    ACCEPTED = "accepted"  # 已接单: the shop promised it
    PREPARING = "preparing"  # 制作中: being made
    READY = "ready"  # 待取餐: waits for courier or customer
    HANDED_OVER = "handed_over"  # 配送中: left the shop
    COMPLETED = "completed"  # 已完成: the customer has it
    CANCELLED = "cancelled"  # 已取消: ended without a meal


class Trigger(StrEnum):
    """What can happen to an order."""

    PAY = "pay"  # the money is there, or is not needed in advance
    EXPIRE_PAYMENT = "expire_payment"  # the pay deadline passed
    ACCEPT = "accept"  # the shop takes it
    REJECT = "reject"  # the shop refuses it
    EXPIRE_ACCEPT = "expire_accept"  # the accept deadline passed
    START = "start"  # preparation begins
    MARK_READY = "mark_ready"  # it can be picked up
    HAND_OVER = "hand_over"  # it leaves the shop
    COMPLETE = "complete"  # proof that the customer has it
    CANCEL = "cancel"  # the customer cancels while it is free to
    STOP = "stop"  # the shop, an operator or the system ends a live order
    REQUEST_CANCELLATION = "request_cancellation"  # the customer asks
    AGREE_CANCELLATION = "agree_cancellation"  # the shop, or its silence, says yes
    REFUSE_CANCELLATION = "refuse_cancellation"  # the shop says no
    DELAY = "delay"  # the shop needs more minutes
    PROPOSE_ADJUSTMENT = "propose_adjustment"  # the shop asks about a sold-out line
    ADJUST = "adjust"  # the shop takes sold-out units out
    ANSWER_ADJUSTMENT = "answer_adjustment"  # the customer, or the stated preference, answers
    NUDGE = "nudge"  # the customer asks to hurry
    REPLY_NUDGE = "reply_nudge"  # the shop answers
    CONVERT = "convert_to_pickup"  # nobody carries it: the customer comes for it
    PROPOSE_PICKUP = "propose_pickup"  # nobody carries it: the customer is asked to come
    ANSWER_PICKUP = "answer_pickup"  # the customer comes, or wants the money back
    HOLD = "hold"  # an operator freezes it
    RELEASE = "release"  # an operator lets it run again


S, T = State, Trigger

LIVE: Final = frozenset(State) - {S.COMPLETED, S.CANCELLED}
WITH_SHOP: Final = frozenset({S.ACCEPTED, S.PREPARING, S.READY})

GROUP: Final = MappingProxyType(
    {
        S.PENDING_PAYMENT: "pending",
        S.PLACED: "pending",
        S.ACCEPTED: "accepted",
        S.PREPARING: "preparing",
        S.READY: "preparing",
        S.HANDED_OVER: "preparing",
        S.COMPLETED: "completed",
        S.CANCELLED: "cancelled",
    }
)
"""State -> one of the five words people use: 待接单, 已接单, 制作中, 已完成, 已取消."""

TRANSITIONS: Final = MappingProxyType(
    {
        (S.PENDING_PAYMENT, T.PAY): S.PLACED,
        (S.PENDING_PAYMENT, T.EXPIRE_PAYMENT): S.CANCELLED,
        (S.PENDING_PAYMENT, T.CANCEL): S.CANCELLED,
        (S.PENDING_PAYMENT, T.STOP): S.CANCELLED,
        (S.PLACED, T.ACCEPT): S.ACCEPTED,
        (S.PLACED, T.REJECT): S.CANCELLED,
        (S.PLACED, T.EXPIRE_ACCEPT): S.CANCELLED,
        (S.PLACED, T.CANCEL): S.CANCELLED,
        (S.PLACED, T.STOP): S.CANCELLED,
        (S.ACCEPTED, T.START): S.PREPARING,
        (S.ACCEPTED, T.MARK_READY): S.READY,
        (S.ACCEPTED, T.CANCEL): S.CANCELLED,
        (S.PREPARING, T.MARK_READY): S.READY,
        (S.READY, T.HAND_OVER): S.HANDED_OVER,
        (S.HANDED_OVER, T.COMPLETE): S.COMPLETED,
        (S.HANDED_OVER, T.STOP): S.CANCELLED,
        **{(state, T.STOP): S.CANCELLED for state in WITH_SHOP},
        **{(state, T.REQUEST_CANCELLATION): state for state in WITH_SHOP},
        **{(state, T.AGREE_CANCELLATION): S.CANCELLED for state in WITH_SHOP},
        **{(state, T.REFUSE_CANCELLATION): state for state in WITH_SHOP},
        **{(state, T.DELAY): state for state in (S.ACCEPTED, S.PREPARING)},
        **{(state, T.PROPOSE_ADJUSTMENT): state for state in (S.ACCEPTED, S.PREPARING)},
        **{(state, T.ADJUST): state for state in (S.ACCEPTED, S.PREPARING)},
        **{(state, T.ANSWER_ADJUSTMENT): state for state in (S.ACCEPTED, S.PREPARING)},
        **{(state, T.NUDGE): state for state in WITH_SHOP | {S.PLACED, S.HANDED_OVER}},
        **{(state, T.REPLY_NUDGE): state for state in WITH_SHOP | {S.PLACED, S.HANDED_OVER}},
        **{(state, T.CONVERT): state for state in WITH_SHOP},
        **{(state, T.PROPOSE_PICKUP): state for state in WITH_SHOP},
        **{(state, T.ANSWER_PICKUP): state for state in WITH_SHOP},
        **{(state, T.HOLD): state for state in LIVE},
        **{(state, T.RELEASE): state for state in LIVE},
    }
)
"""(state, trigger) -> next state; a pair that is missing is illegal."""

WHO_MAY: Final = MappingProxyType(
    {
        T.PAY: frozenset({"provider", "system", "customer"}),
        T.EXPIRE_PAYMENT: frozenset({"system"}),
        T.ACCEPT: frozenset({"merchant", "operator", "system"}),
        T.REJECT: frozenset({"merchant", "operator"}),
        T.EXPIRE_ACCEPT: frozenset({"system"}),
        T.START: frozenset({"merchant", "operator", "system"}),
        T.MARK_READY: frozenset({"merchant", "operator"}),
        T.HAND_OVER: frozenset({"merchant", "courier", "operator"}),
        T.COMPLETE: frozenset({"merchant", "courier", "operator", "system"}),
        T.CANCEL: frozenset({"customer"}),
        T.STOP: frozenset({"merchant", "operator", "system"}),
        T.REQUEST_CANCELLATION: frozenset({"customer"}),
        T.AGREE_CANCELLATION: frozenset({"merchant", "operator", "system"}),
        T.REFUSE_CANCELLATION: frozenset({"merchant", "operator"}),
        T.DELAY: frozenset({"merchant", "operator"}),
        T.PROPOSE_ADJUSTMENT: frozenset({"merchant", "operator"}),
        T.ADJUST: frozenset({"merchant", "operator"}),
        T.ANSWER_ADJUSTMENT: frozenset({"customer", "system"}),
        T.NUDGE: frozenset({"customer"}),
        T.REPLY_NUDGE: frozenset({"merchant", "operator"}),
        T.CONVERT: frozenset({"customer", "operator"}),
        T.PROPOSE_PICKUP: frozenset({"merchant", "operator"}),
        T.ANSWER_PICKUP: frozenset({"customer", "system"}),
        T.HOLD: frozenset({"operator"}),
        T.RELEASE: frozenset({"operator", "system"}),
    }
)
"""Trigger -> roles that may pull it."""


class IllegalTransition(Exception):
    """The trigger does not lead anywhere from this state."""

    def __init__(self, state: State, trigger: Trigger) -> None:
        """Keep both, and what would have been allowed."""
        super().__init__(f"{trigger} is not possible in {state}")
        self.state = state
        self.trigger = trigger
        self.allowed = allowed_triggers(state)


def next_state(state: State, trigger: Trigger) -> State:
    """Return the state that `trigger` leads to.

    :raises IllegalTransition: when the table has no such pair.
    """
    try:
        return TRANSITIONS[state, trigger]
    except KeyError:
        raise IllegalTransition(state, trigger) from None


def allowed_triggers(state: State, role: str | None = None) -> list[Trigger]:
    """Triggers possible in `state`, for `role` when given, in the enum's order."""
    return [
        trigger
        for trigger in Trigger
        if (state, trigger) in TRANSITIONS and (role is None or role in WHO_MAY[trigger])
    ]
