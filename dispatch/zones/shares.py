"""Which zones each dispatcher should have: as many as the others, and with few handovers. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one dispatcher does next about its zones."""

    take: tuple[UUID, ...]
    """Of those that nobody has."""
    leave: tuple[UUID, ...]
    """Of its own, to others who have fewer."""


def share_of(owner: str, owned: Mapping[UUID, str | None], present: frozenset[str]) -> Share:
    """Return what `owner`, one of those `present`, takes and leaves of zones owned as told.

    The quotas of all who are present add up to the number of zones, so that none is left over,
    and differ by one at most; those who have most have the larger, so that a newcomer moves no
    more zones than it gets.
    """
    counts = dict.fromkeys(present | {owner}, 0)
    for each in owned.values():
        if each in counts:
            counts[each] += 1
    ranked = sorted(counts, key=lambda each: (-counts[each], each))
    quota = len(owned) // len(ranked) + (ranked.index(owner) < len(owned) % len(ranked))
    own = _preferred(owner, (zone for zone, each in owned.items() if each == owner))
    free = _preferred(owner, (zone for zone, each in owned.items() if each not in counts))
    return Share(take=free[: max(0, quota - len(own))], leave=own[quota:])


def _preferred(owner: str, zones: Iterable[UUID]) -> tuple[UUID, ...]:
    """Sort the zones differently for each owner, so that few want the same one first."""
    return tuple(sorted(zones, key=lambda zone: blake2b(owner.encode() + zone.bytes).digest()))
