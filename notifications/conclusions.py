"""From what providers answered to what becomes of the delivery: pure decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from notifications.channels.result import Outcome, SendResult
from notifications.circuits.gates import HELD
from notifications.circuits.policy import LONGEST_ASKED_SECONDS
from notifications.escalation import Channel
from notifications.states import DeliveryTrigger


ATTEMPT_LIMITS: Final[Mapping[Channel, int]] = MappingProxyType(
    {Channel.PUSH: 8, Channel.SMS: 4, Channel.CALL: 2, Channel.WECHAT: 4}
)
UNREPEATABLE: Final = frozenset({Channel.SMS, Channel.CALL, Channel.WECHAT})
"""A second one would be seen, heard and paid for."""
FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 30.0

NO_SUBSCRIPTION: Final = "no_subscription"
NO_PROVIDER: Final = "no_provider"
NO_TEMPLATE: Final = "no_template"
GONE: Final = "gone"
LEASE_ENDED: Final = "lease_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The trigger to pull, the word to keep, and for a retry how long to wait (real seconds)."""

    trigger: DeliveryTrigger
    code: str
    wait_seconds: float = 0.0
    asks: bool = False
    """Whether the vendor is asked later how it ended."""
    is_free: bool = False
    """Nothing was tried: the attempt is not spent."""


def backoff_seconds(attempt: int) -> float:
    """Wait before attempt `attempt` + 1, doubled each time; the caller adds the jitter."""
    return float(min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1)))


def conclude_push(
    results: Sequence[SendResult], *, attempt: int, reached_before: bool
) -> Conclusion:
    """One delivery goes to every device of a person; reaching any of them is success.

    Only devices that were not reached are tried again; `reached_before` tells that an earlier
    attempt reached one. A repeat is invisible, so an unknown outcome is tried again too. What a
    push service did not take is tried until the delivery expires, however often that is.
    """
    again = [
        each
        for each in results
        if each.outcome is Outcome.RETRY
        or (each.outcome is Outcome.UNKNOWN and attempt < ATTEMPT_LIMITS[Channel.PUSH])
    ]
    if again:
        is_free = all(each.code == HELD for each in results)
        return replace(_postpone_push(again, attempt), is_free=is_free)
    reached = [each.code for each in results if each.outcome is Outcome.SENT]
    if reached or reached_before:
        return Conclusion(trigger=DeliveryTrigger.TAKE, code=reached[0] if reached else "")
    if not results:
        return Conclusion(trigger=DeliveryTrigger.GIVE_UP, code=NO_SUBSCRIPTION)
    if all(each.outcome is Outcome.GONE for each in results):
        return Conclusion(trigger=DeliveryTrigger.GIVE_UP, code=GONE)
    worst = next(each for each in results if each.outcome is not Outcome.GONE)
    return Conclusion(trigger=DeliveryTrigger.GIVE_UP, code=worst.code)


def conclude_text(
    result: SendResult, channel: Channel, *, attempt: int, has_fresh: bool, has_other: bool
) -> Conclusion:
    """Nothing is sent again unless the vendor said in so many words that it took nothing.

    Then, with `has_fresh`, a vendor that was not asked yet is asked at once: by a new claim, which
    looks again whether anybody has acted meanwhile. With `has_other` one is asked again later.
    """
    match result.outcome:
        case Outcome.SENT:
            return Conclusion(trigger=DeliveryTrigger.TAKE, code=result.code, asks=True)
        case Outcome.UNKNOWN:
            return Conclusion(trigger=DeliveryTrigger.DOUBT, code=result.code, asks=True)
        case _ if has_fresh:
            return Conclusion(trigger=DeliveryTrigger.POSTPONE, code=result.code)
        case _ if attempt >= ATTEMPT_LIMITS[channel]:
            return Conclusion(trigger=DeliveryTrigger.GIVE_UP, code=result.code)
        case _ if result.outcome is Outcome.RETRY or has_other:
            return _postpone([result], attempt)
        case _:
            return Conclusion(trigger=DeliveryTrigger.GIVE_UP, code=result.code)


def conclude_wechat(result: SendResult, *, attempt: int) -> Conclusion:
    """A message is sent again only where WeChat said that it took none; nobody can be asked."""
    match result.outcome:
        case Outcome.SENT:
            return Conclusion(trigger=DeliveryTrigger.TAKE, code=result.code)
        case Outcome.UNKNOWN:
            return Conclusion(trigger=DeliveryTrigger.DOUBT, code=result.code)
        case Outcome.RETRY if attempt < ATTEMPT_LIMITS[Channel.WECHAT]:
            return _postpone([result], attempt)
        case _:
            return Conclusion(trigger=DeliveryTrigger.GIVE_UP, code=result.code)


def conclude_lost(channel: Channel, *, attempt: int) -> Conclusion:
    """Its sender vanished while it had the lease."""
    if channel in UNREPEATABLE:
        asks = channel is not Channel.WECHAT
        return Conclusion(trigger=DeliveryTrigger.DOUBT, code=LEASE_ENDED, asks=asks)
    if attempt < ATTEMPT_LIMITS[channel]:
        return Conclusion(trigger=DeliveryTrigger.LOSE, code=LEASE_ENDED)
    return Conclusion(trigger=DeliveryTrigger.GIVE_UP, code=LEASE_ENDED)


def _postpone_push(results: Sequence[SendResult], attempt: int) -> Conclusion:
    """Wait for the first of the devices that may be tried again; circuits hold the others.

    The code is that of a device that was really tried, where there is one.
    """
    backoff = backoff_seconds(min(attempt, ATTEMPT_LIMITS[Channel.PUSH]))
    waits = (
        max(min(each.retry_after_seconds or 0.0, LONGEST_ASKED_SECONDS), backoff)
        for each in results
    )
    tried = [each.code for each in results if each.code != HELD]
    return Conclusion(
        trigger=DeliveryTrigger.POSTPONE,
        code=tried[0] if tried else HELD,
        wait_seconds=min(waits),
    )


def _postpone(results: Sequence[SendResult], attempt: int) -> Conclusion:
    asked = max((each.retry_after_seconds or 0.0 for each in results), default=0.0)
    return Conclusion(
        trigger=DeliveryTrigger.POSTPONE,
        code=results[0].code,
        wait_seconds=max(asked, backoff_seconds(attempt)),
    )
