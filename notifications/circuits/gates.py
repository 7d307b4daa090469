"""What one process knows of shut origins: a look in memory before each push, no database.

Rows are the truth; they are read at each claim. What this process has just been told by an origin
counts at once, and travels with the answers into the rows.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from core.clock import clock
from notifications.channels.result import Outcome, SendResult
from notifications.circuits.policy import (
    FAILURE_LIMIT,
    LONGEST_ASKED_SECONDS,
    REFUSED_LIMIT,
    shut_seconds,
)


HELD: Final = "origin_waits"
"""Nothing was sent: the origin is left in peace."""
PROVEN_SECONDS: Final = 60.0
"""How long a push that got through speaks for our credentials."""
OURS: Final = frozenset(
    {HELD, "endpoint_not_allowed", "subscription_keys_invalid", "vapid_key_unknown",
     "no_provider", "internal_error"}
)  # fmt: skip
"""Words of our own that say nothing about the origin."""
OVERRUN: Final = "http_429"


class ChangeKind(StrEnum):
    """What an answer makes of its origin."""

    OPEN = "open"  # it asks for peace, or fails
    STOP = "stop"  # it refuses our credentials
    CLOSE = "close"  # a push got through again


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, on its way into the rows."""

    origin: str
    kind: ChangeKind
    code: str = ""
    asked_seconds: float | None = None
    subscription_id: int | None = None
    is_sure: bool = False
    """Several devices were refused: it is not one device's fault."""


class Gates:
    """Origins that are shut for this process, and what it counts on the way there."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing, as a new process does."""
        self._known: Mapping[str, datetime] = {}
        self._own: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}
        self._refused: dict[str, set[int]] = {}
        self._proven: dict[str, float] = {}
        self.held_count = 0

    def refresh(self, shut: Mapping[str, datetime]) -> None:
        """Take over what the rows say."""
        self._known = shut

    @property
    def shut_origins(self) -> list[str]:
        """Origins that nothing is sent to now."""
        now = clock().now()
        known = {**self._known}
        for origin, until in list(self._own.items()):
            known[origin] = max(until, known.get(origin, until))
        return [origin for origin, until in known.items() if until > now]

    def held(self, origin: str, *, is_probe: bool) -> SendResult | None:
        """Return the answer in place of a push that must not be sent; None lets it go."""
        if is_probe or not (self._known or self._own):
            return None
        untils = [each[origin] for each in (self._known, self._own) if origin in each]
        now = clock().now()
        if not untils or (until := max(untils)) <= now:
            return None
        self.held_count += 1
        left = clock().real_seconds(until - now)
        return SendResult(Outcome.RETRY, HELD, retry_after_seconds=left)

    def note(
        self, origin: str, result: SendResult, *, subscription_id: int, is_probe: bool
    ) -> Change | None:
        """Learn from an answer; return what must be written down, which is nothing usually."""
        if result.code in OURS:
            return None
        if result.outcome is Outcome.UNAUTHORISED:
            return self._stop(origin, result, subscription_id, is_probe=is_probe)
        if result.outcome in {Outcome.RETRY, Outcome.UNKNOWN} and not result.is_of_address:
            return self._fail(origin, result, is_probe=is_probe)
        self._failures.pop(origin, None)
        self._refused.pop(origin, None)
        self._proven[origin] = time.monotonic()
        if not is_probe:
            return None  # it may have been under way when the origin was shut
        self._own.pop(origin, None)
        return Change(origin=origin, kind=ChangeKind.CLOSE)

    def _fail(self, origin: str, result: SendResult, *, is_probe: bool) -> Change | None:
        failures = self._failures[origin] = self._failures.get(origin, 0) + 1
        asks = result.code == OVERRUN or result.retry_after_seconds is not None
        if not asks and not is_probe and failures < FAILURE_LIMIT:
            return None
        self._failures.pop(origin)
        return self._shut(
            Change(
                origin=origin,
                kind=ChangeKind.OPEN,
                code=result.code,
                asked_seconds=result.retry_after_seconds,
            )
        )

    def _stop(
        self, origin: str, result: SendResult, subscription_id: int, *, is_probe: bool
    ) -> Change | None:
        refused = self._refused.setdefault(origin, set())
        refused.add(subscription_id)
        is_sure = len(refused) >= REFUSED_LIMIT
        proven_at = self._proven.get(origin)
        is_proven = proven_at is not None and time.monotonic() - proven_at < PROVEN_SECONDS
        if is_proven and not is_sure and not is_probe:
            return None  # others got through: it is that device's subscription
        return self._shut(
            Change(
                origin=origin,
                kind=ChangeKind.STOP,
                code=result.code,
                subscription_id=subscription_id,
                is_sure=is_sure,
            )
        )

    def _shut(self, change: Change) -> Change:
        """Shut it here at once; the row, which knows more, may say a longer time."""
        seconds = shut_seconds(
            asked=change.asked_seconds, openings=1, is_stopped=change.kind is ChangeKind.STOP
        )
        until = clock().now() + clock().technical(min(seconds, LONGEST_ASKED_SECONDS))
        self._own[change.origin] = max(until, self._own.get(change.origin, until))
        return change


gates: Final = Gates()
"""Those of this process, for all its senders."""


def origin_of(endpoint: str) -> str:
    """Return scheme and host of an endpoint, or the endpoint when it has none."""
    return "/".join(endpoint.split("/", 3)[:3])
