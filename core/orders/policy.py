"""Numbers, reasons and blame of the order machine: defaults, one place."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.legs.ladder import ASK_AGAIN, Rung


class Fulfilment(StrEnum):
    """How the customer gets the order."""

    DELIVERY = "delivery"
    PICKUP = "pickup"


class PaymentMethod(StrEnum):
    """How the order is paid."""

    CASH = "cash"  # on delivery or at the counter
    ONLINE = "online"  # with the installation's payment provider


class Party(StrEnum):
    """Whose fault an end is."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    COURIER = "courier"
    PLATFORM = "platform"


class RefundReason(StrEnum):
    """Why money goes back while the order goes on; at its end the order's `Reason` tells."""

    ADJUSTED = "adjusted"  # lines were taken out
    CONVERTED = "converted"  # the customer collects it: no delivery fee


class Failure(StrEnum):
    """Why a courier could not deliver."""

    NOBODY_THERE = "nobody_there"
    REFUSED = "refused"
    WRONG_ADDRESS = "wrong_address"
    DAMAGED = "damaged"
    OTHER = "other"


class Reason(StrEnum):
    """Why an order ended without a meal."""

    PAYMENT_EXPIRED = "payment_expired"
    ACCEPT_EXPIRED = "accept_expired"
    CHANGED_MIND = "changed_mind"
    WRONG_ADDRESS = "wrong_address"
    TOO_SLOW = "too_slow"
    SOLD_OUT = "sold_out"
    SHOP_CLOSED = "shop_closed"
    TOO_BUSY = "too_busy"
    CANNOT_FULFIL = "cannot_fulfil"
    NO_COURIER = "no_courier"
    DELIVERY_FAILED = "delivery_failed"
    NOT_COLLECTED = "not_collected"
    CANCELLATION_AGREED = "cancellation_agreed"
    FRAUD = "fraud"
    OTHER = "other"


LIABLE: Final = MappingProxyType(
    {
        Reason.PAYMENT_EXPIRED: Party.CUSTOMER,
        Reason.ACCEPT_EXPIRED: Party.MERCHANT,
        Reason.CHANGED_MIND: Party.CUSTOMER,
        Reason.WRONG_ADDRESS: Party.CUSTOMER,
        Reason.TOO_SLOW: Party.MERCHANT,
        Reason.SOLD_OUT: Party.MERCHANT,
        Reason.SHOP_CLOSED: Party.MERCHANT,
        Reason.TOO_BUSY: Party.MERCHANT,
        Reason.CANNOT_FULFIL: Party.MERCHANT,
        Reason.NO_COURIER: Party.PLATFORM,
        Reason.DELIVERY_FAILED: Party.COURIER,
        Reason.NOT_COLLECTED: Party.CUSTOMER,
        Reason.CANCELLATION_AGREED: Party.CUSTOMER,
        Reason.FRAUD: Party.CUSTOMER,
        Reason.OTHER: Party.PLATFORM,
    }
)
"""Liable party unless the actor names another."""

LIABLE_OF_FAILURE: Final = MappingProxyType(
    {
        Failure.NOBODY_THERE: Party.CUSTOMER,
        Failure.REFUSED: Party.CUSTOMER,
        Failure.WRONG_ADDRESS: Party.CUSTOMER,
        Failure.DAMAGED: Party.COURIER,
        Failure.OTHER: Party.PLATFORM,
    }
)
"""Whose fault a failed delivery is, once the shop has the goods back."""
PAYS_FOR_THE_TRIP: Final = frozenset({Party.CUSTOMER})
"""Whoever is to blame for a return and pays for it: the delivery fee is not given back."""

BY_CUSTOMER: Final = frozenset(
    {Reason.CHANGED_MIND, Reason.WRONG_ADDRESS, Reason.TOO_SLOW, Reason.OTHER}
)
BY_MERCHANT: Final = frozenset(
    {Reason.SOLD_OUT, Reason.SHOP_CLOSED, Reason.TOO_BUSY, Reason.CANNOT_FULFIL,
     Reason.NOT_COLLECTED, Reason.OTHER}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Timings:
    """How long each side has; anchors of comparable services in the comments."""

    quote: timedelta = timedelta(minutes=5)
    payment: timedelta = timedelta(minutes=15)
    accept: timedelta = timedelta(minutes=5)  # iFood 8, Deliveroo 10, Uber 11.5, Grubhub 25
    free_cancellation: timedelta = timedelta(seconds=60)  # after acceptance
    accept_reminder: timedelta = timedelta(minutes=2)  # after the order was placed
    cancellation_answer: timedelta = timedelta(minutes=15)  # silence agrees
    adjustment_answer: timedelta = timedelta(minutes=3)  # silence takes the preference
    pickup_answer: timedelta = timedelta(minutes=5)  # silence gives the money back
    give_back: timedelta = timedelta(minutes=60)  # after a failure, until the shop has it back
    hold: timedelta = timedelta(minutes=30)
    overdue: timedelta = timedelta(hours=24)  # after the promise, completed and flagged
    wrong_codes: timedelta = timedelta(minutes=10)  # since the first wrong hand-over code
    nudge_pause: timedelta = timedelta(minutes=1)  # between two nudges
    schedule_ahead: timedelta = timedelta(days=7)
    travel: timedelta = timedelta(minutes=18)  # share of the promise after the kitchen
    keep_on_board: timedelta = timedelta(minutes=30)  # ended orders stay visible


TIMINGS: Final = Timings()
DELAY_MINUTES: Final = frozenset({5, 10, 15})
MISSED_BEFORE_PAUSE: Final = 3
WRONG_CODES_IN_WINDOW: Final = 5
"""Of 10,000 codes; after so many nobody may try one until the window ends."""
AUTO_PAUSE: Final = timedelta(minutes=30)

DEADLINE_PAYMENT: Final = "order.payment"
DEADLINE_ACCEPT: Final = "order.accept"
DEADLINE_ACCEPT_REMINDER: Final = "order.accept_reminder"
DEADLINE_CANCELLATION: Final = "order.cancellation"
DEADLINE_ADJUSTMENT: Final = "order.adjustment"
DEADLINE_PICKUP: Final = "order.pickup"
DEADLINE_RELEASE_AT: Final = "order.release_at"
DEADLINE_HOLD: Final = "order.hold"
DEADLINE_RETURN: Final = "order.return"
DEADLINE_OVERDUE: Final = "order.overdue"


class Outcome(StrEnum):
    """What becomes of an order when a deadline passes and nobody has acted."""

    CANCELLED = "cancelled"
    ANSWERED = "answered"  # by the customer's preference
    COURIER_SOUGHT = "courier_sought"
    SEARCH_WIDENED = "search_widened"
    PAY_RAISED = "pay_raised"
    EVERYBODY_ASKED = "everybody_asked"
    SHOP_ASKED = "shop_asked"
    OPERATORS_ALARMED = "operators_alarmed"
    RELEASED = "released"
    CLOSED = "closed"  # as things most likely are


OUTCOMES: Final = MappingProxyType(
    {
        DEADLINE_PAYMENT: Outcome.CANCELLED,
        DEADLINE_ACCEPT: Outcome.CANCELLED,
        DEADLINE_CANCELLATION: Outcome.CANCELLED,
        DEADLINE_ADJUSTMENT: Outcome.ANSWERED,
        DEADLINE_PICKUP: Outcome.CANCELLED,
        DEADLINE_RELEASE_AT: Outcome.COURIER_SOUGHT,
        DEADLINE_HOLD: Outcome.RELEASED,
        DEADLINE_OVERDUE: Outcome.CLOSED,
        Rung.WIDEN: Outcome.SEARCH_WIDENED,
        Rung.RAISE_PAY: Outcome.PAY_RAISED,
        Rung.ASK_ALL: Outcome.EVERYBODY_ASKED,
        Rung.ASK_SHOP: Outcome.SHOP_ASKED,
        ASK_AGAIN: Outcome.SHOP_ASKED,
        Rung.ALARM: Outcome.OPERATORS_ALARMED,
        Rung.GIVE_UP: Outcome.CANCELLED,
    }
)
"""Of every deadline that decides something; a reminder does not."""
