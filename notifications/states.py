"""The law of a delivery: one message to one recipient through one channel.

Every trigger leads to one state only, so that many rows can be moved by one UPDATE whose WHERE is
the left side of the table.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"  # waits for its time and for a sender
    LEASED = "leased"  # a sender has it; the lease says until when we believe so
    SENT = "sent"  # the provider, or the live stream, has it
    CONFIRMED = "confirmed"  # a receipt says that it arrived
    RETRYING = "retrying"  # the provider did not take it; it goes again later
    CANCELLED = "cancelled"  # nobody needs it any more
    EXPIRED = "expired"  # too late to be useful
    DEAD = "dead"  # it will not arrive by itself; an operator can replay it
    UNCERTAIN = "uncertain"  # the provider may have taken it; never sent again by itself


class DeliveryTrigger(StrEnum):
    """What can happen to a delivery."""

    CLAIM = "claim"  # a sender takes it
    TAKE = "take"  # the provider took it
    CONFIRM = "confirm"  # its receipt says delivered
    POSTPONE = "postpone"  # definitely not taken; try again later
    GIVE_UP = "give_up"  # refused, unreachable, or attempts spent
    CANCEL = "cancel"  # somebody acted, or the matter ended
    EXPIRE = "expire"  # its time is over
    WAIT = "wait"  # its person has quiet hours, or its vendor no room; it goes later
    LOSE = "lose"  # the sender vanished; a repeat would be invisible
    DOUBT = "doubt"  # the outcome is unknown and a repeat would be seen
    REPLAY = "replay"  # an operator has it sent again


S, T = DeliveryState, DeliveryTrigger

WAITING: Final = frozenset({S.PENDING, S.RETRYING})
REPLAYABLE: Final = frozenset({S.DEAD, S.UNCERTAIN})
"""Dead letters: nothing more happens to them by itself."""

TRANSITIONS: Final = MappingProxyType(
    {
        **{(state, T.CLAIM): S.LEASED for state in WAITING},
        (S.LEASED, T.TAKE): S.SENT,
        (S.PENDING, T.TAKE): S.SENT,  # what needs no provider: an operator's card
        (S.UNCERTAIN, T.TAKE): S.SENT,  # a query, or a late answer, says that it was taken
        (S.LEASED, T.CONFIRM): S.CONFIRMED,  # a receipt may overtake the answer
        (S.SENT, T.CONFIRM): S.CONFIRMED,
        (S.UNCERTAIN, T.CONFIRM): S.CONFIRMED,
        # What is to be sent again has arrived after all.
        **{(state, T.CONFIRM): S.CONFIRMED for state in WAITING},
        (S.LEASED, T.POSTPONE): S.RETRYING,
        (S.LEASED, T.GIVE_UP): S.DEAD,
        (S.SENT, T.GIVE_UP): S.DEAD,
        (S.UNCERTAIN, T.GIVE_UP): S.DEAD,
        **{(state, T.CANCEL): S.CANCELLED for state in WAITING},
        **{(state, T.EXPIRE): S.EXPIRED for state in WAITING | {S.LEASED}},
        **{(state, T.WAIT): S.PENDING for state in WAITING},
        (S.LEASED, T.LOSE): S.PENDING,
        (S.LEASED, T.DOUBT): S.UNCERTAIN,
        **{(state, T.REPLAY): S.PENDING for state in REPLAYABLE},
    }
)
"""(state, trigger) -> next state; a pair that is missing is illegal."""


def sources_of(trigger: DeliveryTrigger) -> frozenset[DeliveryState]:
    """States in which `trigger` is possible."""
    return frozenset(state for state, known in TRANSITIONS if known is trigger)


def target_of(trigger: DeliveryTrigger) -> DeliveryState:
    """Return the one state that `trigger` leads to."""
    return next(after for (_, known), after in TRANSITIONS.items() if known is trigger)
