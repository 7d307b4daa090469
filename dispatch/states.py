"""The law of an offer and of a courier's shift."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class OfferState(StrEnum):
    """Where an offer stands."""

    OPEN = "open"  # the courier may answer until it expires
    ACCEPTED = "accepted"  # the courier won the leg with it
    DECLINED = "declined"  # the courier said no
    EXPIRED = "expired"  # the courier did not answer in time
    WITHDRAWN = "withdrawn"  # ended without the courier's doing


class OfferTrigger(StrEnum):
    """What can happen to an offer."""

    ACCEPT = "accept"  # the courier takes it
    DECLINE = "decline"  # the courier refuses it
    EXPIRE = "expire"  # its deadline passed
    WITHDRAW = "withdraw"  # somebody else took the leg, or the leg needs nobody any more


class ShiftState(StrEnum):
    """Whether a courier takes offers."""

    OFFLINE = "offline"  # takes none
    ONLINE = "online"  # takes some


class ShiftTrigger(StrEnum):
    """What can happen to a shift."""

    GO_ONLINE = "go_online"  # the courier begins, or names another vehicle
    GO_OFFLINE = "go_offline"  # the courier ends, or was put off line


OFFER_TRANSITIONS: Final = MappingProxyType(
    {
        (OfferState.OPEN, OfferTrigger.ACCEPT): OfferState.ACCEPTED,
        (OfferState.OPEN, OfferTrigger.DECLINE): OfferState.DECLINED,
        (OfferState.OPEN, OfferTrigger.EXPIRE): OfferState.EXPIRED,
        (OfferState.OPEN, OfferTrigger.WITHDRAW): OfferState.WITHDRAWN,
    }
)
"""(state, trigger) -> next state; a pair that is missing is illegal."""

SHIFT_TRANSITIONS: Final = MappingProxyType(
    {
        (ShiftState.OFFLINE, ShiftTrigger.GO_ONLINE): ShiftState.ONLINE,
        (ShiftState.ONLINE, ShiftTrigger.GO_ONLINE): ShiftState.ONLINE,
        (ShiftState.ONLINE, ShiftTrigger.GO_OFFLINE): ShiftState.OFFLINE,
        (ShiftState.OFFLINE, ShiftTrigger.GO_OFFLINE): ShiftState.OFFLINE,
    }
)
"""(state, trigger) -> next state; a pair that is missing is illegal."""


class IllegalOfferTransition(Exception):
    """The trigger does not lead anywhere from this state."""

    def __init__(self, state: OfferState, trigger: OfferTrigger) -> None:
        """Keep both."""
        super().__init__(f"{trigger} is not possible in {state}")
        self.state = state
        self.trigger = trigger


def next_offer_state(state: OfferState, trigger: OfferTrigger) -> OfferState:
    """Return the state that `trigger` leads to.

    :raises IllegalOfferTransition: when the table has no such pair.
    """
    try:
        return OFFER_TRANSITIONS[state, trigger]
    except KeyError:
        raise IllegalOfferTransition(state, trigger) from None


def next_shift_state(state: ShiftState, trigger: ShiftTrigger) -> ShiftState:
    """Return the state that `trigger` leads to; every pair is legal."""
    return SHIFT_TRANSITIONS[state, trigger]
