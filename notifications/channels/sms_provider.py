"""What every vendor's adapter for texts and calls takes, gives and promises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

import aiohttp

from core.errors import PaidanError
from notifications.channels.result import SendResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """How one vendor knows one of our texts: what it has approved, as its console says."""

    sign: str = ""
    code: str = ""
    variables: tuple[str, ...] = ()
    """Names in the vendor's order; some take values by place."""
    text: str = ""
    """The words, variables written `$name`, for a vendor that approves none."""


@dataclass(frozen=True, slots=True)
class SmsMessage:
    """One templated message to one E.164 number; ``out_id`` comes back in its receipt."""

    to: str
    template: str
    out_id: str
    variables: Mapping[str, str] = field(default_factory=dict)
    approved: Approved = Approved()


class ReceiptStatus(StrEnum):
    """What the network says about a message that the vendor took."""

    TAKEN = "taken"  # the vendor has it; how it ends is open
    DELIVERED = "delivered"
    FAILED = "failed"
    ACKNOWLEDGED = "acknowledged"  # the person called pressed the key that means yes


@dataclass(frozen=True, slots=True)
class SmsReceipt:
    """A vendor's later word on one message."""

    event_id: str
    provider_id: str
    out_id: str
    """Empty where the vendor names only its own id."""
    to: str
    status: ReceiptStatus
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRequest:
    """A callback as it came in."""

    url: str
    """The whole address that the vendor was told to call, with its query."""
    headers: Mapping[str, str]
    body: bytes
    token: str = ""
    """The secret part of the path, for vendors that sign nothing."""
    now: float
    """Real UNIX time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """A message whose end is not known."""

    out_id: str
    provider_id: str
    to: str
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Our account with one vendor."""

    url: str
    key: str = ""
    secret: str = ""
    sender: str = ""
    """Who sends: an application's id, a number, or a messaging service."""
    region: str = ""
    receipt_url: str = ""
    """Where this installation takes the vendor's receipts."""
    receipt_token: str = ""


class ReceiptInvalidError(PaidanError):
    """A genuine receipt that cannot be read."""

    code = "receipt_invalid"
    title = "The receipt cannot be read."
    status = 422


class SmsProvider(Protocol):
    """A vendor that sends text messages, or makes calls.

    An adapter never sends a message twice: when the vendor may have taken it, the outcome is
    ``unknown``, and only a receipt or a query settles it.
    """

    taken_answer: ClassVar[Mapping[str, object]]
    """What the vendor wants to hear when we took its receipts."""

    def __init__(
        self, account: Account, *, session: aiohttp.ClientSession, timeout_seconds: float
    ) -> None:
        """Send as ``account`` over the shared ``session``."""

    async def send(self, batch: Sequence[SmsMessage]) -> list[SendResult]:
        """Hand over every message; results stand in the order of ``batch``."""
        ...

    async def ask(self, unconfirmed: Sequence[Unconfirmed]) -> list[SmsReceipt]:
        """Ask how messages ended; what the vendor does not know, or does not say, is left out."""
        ...

    @staticmethod
    def parse_receipts(request: ReceiptRequest, account: Account) -> list[SmsReceipt]:
        """Return the receipts in a callback.

        :raises notifications.channels.signature.SignatureRefusedError: not from the vendor.
        :raises ReceiptInvalidError: from the vendor, yet unreadable.
        """
        ...
