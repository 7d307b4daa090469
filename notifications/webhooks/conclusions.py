"""From an endpoint's answer to what becomes of the delivery: pure decisions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from notifications.webhooks.states import HookTrigger


BACKOFF_SECONDS: Final = (2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
"""Real seconds before the second, third, ... attempt; the last one again and again."""
GIVE_UP_SECONDS: Final = 24 * 3600.0
"""How long after its first attempt a message is tried."""
LONGEST_REST_SECONDS: Final = 24 * 3600.0
"""How long an endpoint may ask to be left alone at once."""
DISABLE_SECONDS: Final = 3 * 24 * 3600.0
"""How long an endpoint may fail without accepting anything before it is disabled."""
JITTER: Final = 0.25
"""Retries spread by up to this share of their wait."""

GONE: Final = "gone"
FAILING: Final = "failing"
GONE_STATUS: Final = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an endpoint said: `status` is None when it said nothing."""

    code: str
    status: int | None = None
    retry_after_seconds: float | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether the program has the message."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004

    @property
    def is_gone(self) -> bool:
        """Whether the endpoint wants nothing ever again."""
        return self.status == GONE_STATUS


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The trigger to pull and, for a retry, how many real seconds to wait."""

    trigger: HookTrigger
    wait_seconds: float = 0.0


def backoff_seconds(attempt: int) -> float:
    """Wait after attempt `attempt`, counted from 1; the caller adds the jitter."""
    return float(BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS)) - 1])


def rest_seconds(answer: Answer) -> float:
    """How long the endpoint asks to be left alone altogether."""
    return min(answer.retry_after_seconds or 0.0, LONGEST_REST_SECONDS)


def conclude(answer: Answer, *, attempt: int, is_last: bool) -> Verdict:
    """Anything but success is tried again, until `is_last`; of one that is gone it is kept."""
    if answer.is_accepted:
        return Verdict(trigger=HookTrigger.ACCEPT)
    if answer.is_gone:
        return Verdict(trigger=HookTrigger.HOLD)
    if is_last:
        return Verdict(trigger=HookTrigger.GIVE_UP)
    wait_seconds = max(backoff_seconds(attempt), rest_seconds(answer))
    return Verdict(trigger=HookTrigger.POSTPONE, wait_seconds=wait_seconds)


def next_attempt(*, now: datetime, wait: timedelta, asked: timedelta, last: datetime) -> datetime:
    """Return when to try again: the last try comes at `last`, unless asked to come later."""
    return max(min(now + wait, max(last, now)), now + asked)
