"""Which vendor carries a text next, and when it may: pure decisions.

Another vendor is asked only after one has said in so many words that it took nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.channels.result import Outcome


# After these a vendor is asked no more about the same text.
FINAL = frozenset(Outcome) - {Outcome.RETRY}


@dataclass(frozen=True, slots=True)
class Try:
    """One earlier attempt: with whom, and what came of it."""

    provider: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Past:
    """One text that a number was sent."""

    template: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `count` in any `span`, of all texts or of those with the same words."""

    count: int
    span: timedelta
    same_words: bool


def candidates(route: Sequence[str], tries: Sequence[Try]) -> list[str]:
    """Vendors that may be asked now: those asked least before, in the order of the route."""
    refused = {each.provider for each in tries if each.outcome in FINAL}
    counts = {provider: sum(t.provider == provider for t in tries) for provider in route}
    left = [provider for provider in route if provider not in refused]
    return sorted(left, key=lambda provider: counts[provider])


def has_fresh(route: Sequence[str], tries: Iterable[Try]) -> bool:
    """Whether somebody on the route was not asked yet."""
    return bool(set(route) - {each.provider for each in tries})


def free_at(
    rules: Sequence[Rule], past: Sequence[Past], *, template: str, now: datetime
) -> datetime:
    """Return when the number may get another text: `now`, or when a window has moved on."""
    latest = now
    for rule in rules:
        counted = sorted(
            each.at
            for each in past
            if each.at > now - rule.span and (not rule.same_words or each.template == template)
        )
        if len(counted) >= rule.count:
            latest = max(latest, counted[-rule.count] + rule.span)
    return latest
