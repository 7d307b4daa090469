"""The rungs that a search climbs while nobody takes its leg, in their order."""

from enum import StrEnum
from typing import Final


class Rung(StrEnum):
    """What happens next; each is also the kind of the deadline at which it does."""

    WIDEN = "leg.widen"  # couriers farther away are asked
    RAISE_PAY = "leg.raise_pay"  # a bonus is offered, and to several at a time
    ASK_ALL = "leg.ask_all"  # everybody within reach is asked, for more
    ASK_SHOP = "leg.ask_shop"  # the shop delivers itself, waits, asks for a pick-up or cancels
    ALARM = "leg.alarm"  # a person must look
    GIVE_UP = "leg.give_up"  # the order ends: no courier


ASK_AGAIN: Final = "leg.ask_again"
"""Kind of the deadline at which the shop, which wanted to wait, is asked once more."""
