"""What every SMS vendor's adapter takes, gives and promises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.errors import PaidanError
from notifications.channels.result import SendResult


@dataclass(frozen=True, slots=True)
class SmsMessage:
    """One templated message to one E.164 number; ``out_id`` comes back in its receipt."""

    to: str
    template: str
    out_id: str
    variables: Mapping[str, str] = field(default_factory=dict)


class ReceiptStatus(StrEnum):
    """What the network says about a message that the vendor took."""

    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SmsReceipt:
    """A vendor's later word on one message."""

    event_id: str
    provider_id: str
    out_id: str
    to: str
    status: ReceiptStatus
    occurred_at: datetime


class ReceiptInvalidError(PaidanError):
    """A genuine receipt that cannot be read."""

    code = "receipt_invalid"
    title = "The receipt cannot be read."
    status = 422


class SmsProvider(Protocol):
    """A vendor that sends text messages.

    An adapter never sends a message twice: when the vendor may have taken it, the outcome is
    ``unknown``, and only a receipt or a query settles it.
    """

    async def send(self, batch: Sequence[SmsMessage]) -> list[SendResult]:
        """Hand over every message; results stand in the order of ``batch``."""
        ...

    @staticmethod
    def parse_receipt(headers: Mapping[str, str], body: bytes, secret: str) -> SmsReceipt:
        """Return the receipt in a callback.

        :raises notifications.channels.signature.SignatureRefusedError: not from the vendor.
        :raises ReceiptInvalidError: from the vendor, yet unreadable.
        """
        ...
