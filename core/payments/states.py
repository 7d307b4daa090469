"""The law of a payment and of a refund: which word leads from which state to which.

Money that comes for an ended order never moves its payment: it gets a refund of its own.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class PaymentState(StrEnum):
    """Where the money of an order stands."""

    CREATED = "created"  # owed; the provider may have been asked
    CAPTURED = "captured"  # we have it
    FAILED = "failed"  # the provider refused; the customer may try again
    VOIDED = "voided"  # the order ended before any money came
    PARTIALLY_REFUNDED = "partially_refunded"  # some of it went back
    REFUNDED = "refunded"  # all of it went back


class PaymentTrigger(StrEnum):
    """What can happen to a payment."""

    CAPTURE = "capture"
    FAIL = "fail"
    RETRY = "retry"
    VOID = "void"
    REFUND_PART = "refund_part"
    REFUND_REST = "refund_rest"


class RefundState(StrEnum):
    """Where money on its way back stands."""

    REQUESTED = "requested"  # the provider must still be asked, or has not answered
    SUCCEEDED = "succeeded"  # the provider gave it back
    FAILED = "failed"  # the provider refused for good; a person must look


S, T = PaymentState, PaymentTrigger

TRANSITIONS: Final = MappingProxyType(
    {
        (S.CREATED, T.CAPTURE): S.CAPTURED,
        (S.CREATED, T.FAIL): S.FAILED,
        (S.CREATED, T.VOID): S.VOIDED,
        (S.FAILED, T.RETRY): S.CREATED,
        (S.FAILED, T.CAPTURE): S.CAPTURED,
        (S.FAILED, T.VOID): S.VOIDED,
        (S.CAPTURED, T.REFUND_PART): S.PARTIALLY_REFUNDED,
        (S.CAPTURED, T.REFUND_REST): S.REFUNDED,
        (S.PARTIALLY_REFUNDED, T.REFUND_PART): S.PARTIALLY_REFUNDED,
        (S.PARTIALLY_REFUNDED, T.REFUND_REST): S.REFUNDED,
    }
)
"""(state, trigger) -> next state; a pair that is missing is illegal."""

UNPAID: Final = frozenset({S.CREATED, S.FAILED})
PAID: Final = frozenset({S.CAPTURED, S.PARTIALLY_REFUNDED})


class IllegalPaymentTransition(Exception):
    """The trigger does not lead anywhere from this state."""

    def __init__(self, state: PaymentState, trigger: PaymentTrigger) -> None:
        """Keep both."""
        super().__init__(f"{trigger} is not possible in {state}")
        self.state = state
        self.trigger = trigger


def next_state(state: PaymentState, trigger: PaymentTrigger) -> PaymentState:
    """Return the state that `trigger` leads to.

    :raises IllegalPaymentTransition: when the table has no such pair.
    """
    try:
        return TRANSITIONS[state, trigger]
    except KeyError:
        raise IllegalPaymentTransition(state, trigger) from None
