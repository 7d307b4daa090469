"""What became of one message that was handed to an outside provider."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum


class Outcome(StrEnum):
    """Every answer a sender must decide upon; vendors' codes are folded into these."""

    SENT = "sent"  # the provider has taken it
    RETRY = "retry"  # not taken now; the same message may be sent again later
    GONE = "gone"  # this address will never work again
    REFUSED = "refused"  # this message will never be taken
    UNKNOWN = "unknown"  # it may have been taken; sending again might repeat it
    TOO_LARGE = "too_large"  # a shorter message may be taken
    UNAUTHORISED = "unauthorised"  # our credentials are wrong: nothing to this origin will work


@dataclass(frozen=True, slots=True)
class SendResult:
    """The outcome, the provider's own code for people, and what a later step needs."""

    outcome: Outcome
    code: str
    provider_id: str | None = None
    retry_after_seconds: float | None = None
    gone_since: datetime | None = None
    """Real time at which the provider last knew that the address was gone, where it says so."""
    is_of_address: bool = False
    """Only this address is asked to wait: the provider takes what goes to others."""


def parse_retry_after(value: str | None, *, now: float) -> float | None:
    """Return the seconds to wait that a ``Retry-After`` header asks for (RFC 9110, 10.2.3).

    ``now`` is UNIX time. A date in the past is 0; an unreadable header is None.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now)
