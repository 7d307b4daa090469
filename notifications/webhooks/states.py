"""The law of a webhook delivery: one message to one endpoint of a shop.

Every trigger leads to one state only, so that many rows can be moved by one UPDATE whose WHERE is
the left side of the table.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class HookState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"  # waits for its turn, its time and a sender
    LEASED = "leased"  # a sender has it; the lease says until when we believe so
    RETRYING = "retrying"  # it was not accepted; it goes again later
    HELD = "held"  # its endpoint is disabled; it goes on when that is enabled
    QUEUED = "queued"  # waits to be pulled
    PULLED = "pulled"  # the shop's program has it and has not acknowledged it yet
    ACCEPTED = "accepted"  # the shop's program has it
    DEAD = "dead"  # not accepted in time; somebody may replay it
    CANCELLED = "cancelled"  # its endpoint was removed


class HookTrigger(StrEnum):
    """What can happen to a delivery."""

    CLAIM = "claim"  # a sender takes it
    ACCEPT = "accept"  # the endpoint answered with success
    POSTPONE = "postpone"  # it did not; try again later
    GIVE_UP = "give_up"  # it did not for too long
    LOSE = "lose"  # the sender vanished; a repeat has the same id
    HOLD = "hold"  # the endpoint was disabled
    RESUME = "resume"  # the endpoint was enabled
    PULL = "pull"  # the shop's program asked for it
    RETURN = "return"  # it was not acknowledged in time
    ACKNOWLEDGE = "acknowledge"  # the shop's program has dealt with it
    CANCEL = "cancel"  # the endpoint was removed


S, T = HookState, HookTrigger

WAITING: Final = frozenset({S.PENDING, S.RETRYING})
ENDED: Final = frozenset({S.ACCEPTED, S.DEAD, S.CANCELLED})
OPEN: Final = frozenset(HookState) - ENDED
"""What lets later events of the same thing wait."""

TRANSITIONS: Final = MappingProxyType(
    {
        **{(state, T.CLAIM): S.LEASED for state in WAITING},
        (S.LEASED, T.ACCEPT): S.ACCEPTED,
        (S.LEASED, T.POSTPONE): S.RETRYING,
        (S.LEASED, T.GIVE_UP): S.DEAD,
        (S.LEASED, T.LOSE): S.PENDING,
        **{(state, T.HOLD): S.HELD for state in WAITING | {S.LEASED}},
        (S.HELD, T.RESUME): S.PENDING,
        (S.QUEUED, T.PULL): S.PULLED,
        (S.PULLED, T.RETURN): S.QUEUED,
        **{(state, T.ACKNOWLEDGE): S.ACCEPTED for state in (S.QUEUED, S.PULLED)},
        **{(state, T.CANCEL): S.CANCELLED for state in OPEN},
    }
)
"""(state, trigger) -> next state; a pair that is missing is illegal."""


def sources_of(trigger: HookTrigger) -> frozenset[HookState]:
    """States in which `trigger` is possible."""
    return frozenset(state for state, known in TRANSITIONS if known is trigger)


def target_of(trigger: HookTrigger) -> HookState:
    """Return the one state that `trigger` leads to."""
    return next(after for (_, known), after in TRANSITIONS.items() if known is trigger)
