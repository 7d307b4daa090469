"""Ranks couriers for one leg, without a plan: who is near, least loaded and longest idle."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

from core.merchants.distance import metres_between
from dispatch.policy import (
    DETOUR,
    IDLE_LIMIT,
    LONGEST_TRIP_METRES,
    METRES_PER_MINUTE,
    STALE_POSITION,
    Mode,
    Step,
    Vehicle,
)


class Skip(StrEnum):
    """Why a courier is not asked."""

    EXCLUDED = "excluded"  # an operator wants somebody else
    PINNED = "pinned"  # an operator wants one courier only
    OFFLINE = "offline"  # takes no offers
    STALE = "stale_position"  # nobody knows where
    FULL = "full"  # carries as much as fits
    REFUSED = "refused"  # declined or ignored the same terms
    FAR = "far"  # outside this step's radius
    VEHICLE = "wrong_vehicle"  # the trip is too long for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on the earth, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What matters about a courier."""

    id: UUID
    place: Place
    position_at: datetime
    online: bool
    vehicle: Vehicle
    active_count: int
    capacity: int
    idle_since: datetime | None
    open_count: int = 0
    """Offers the courier is thinking about."""
    refused_bonus_minor: int | None = None
    """The best extra pay this courier already refused for this leg, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What matters about a leg."""

    pickup: Place
    dropoff: Place
    excluded: frozenset[UUID] = frozenset()
    pinned_to: UUID | None = None
    """The only courier to be asked, however far or whatever they refused before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A courier worth asking; a lower score is better."""

    courier_id: UUID
    distance_metres: int
    score: float
    """Minutes to the shop, plus load, minus idle time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The outcome: whom to ask, best first, and why the others are not asked."""

    chosen: tuple[Choice, ...]
    skipped: Mapping[UUID, Skip]

    def as_json(self, *, most: int = 50) -> dict[str, Any]:
        """Shape kept with an assignment: scores and reasons by courier id, `most` of each."""
        return {
            "considered": len(self.chosen) + len(self.skipped),
            "scores": {
                str(choice.courier_id): {
                    "score": choice.score,
                    "distance_metres": choice.distance_metres,
                }
                for choice in self.chosen[:most]
            },
            "skipped": {str(key): why.value for key, why in list(self.skipped.items())[:most]},
        }


def metres_apart(here: Place, there: Place) -> float:
    """Straight line over the earth."""
    return metres_between(here.latitude, here.longitude, there.latitude, there.longitude)


Minutes: TypeAlias = Callable[[tuple[float, float], tuple[float, float], Vehicle], float]
"""How long a vehicle takes from one point (latitude, longitude) to another."""


def straight_minutes(
    origin: tuple[float, float], destination: tuple[float, float], vehicle: Vehicle
) -> float:
    """Minutes by the straight line, with a detour."""
    return metres_between(*origin, *destination) * DETOUR / METRES_PER_MINUTE[vehicle]


def rank(
    candidates: Iterable[Candidate],
    leg: Need,
    now: datetime,
    round_: Step,
    *,
    minutes: Minutes = straight_minutes,
) -> Ranking:
    """Order the couriers who may be asked on this step of the ladder, best first.

    Who is too far is told by the straight line; who is nearer to the shop, by `minutes`.
    """
    chosen: list[Choice] = []
    skipped: dict[UUID, Skip] = {}
    trip = metres_apart(leg.pickup, leg.dropoff)
    for candidate in candidates:
        distance = metres_apart(candidate.place, leg.pickup)
        reason = _skip(candidate, leg, now, round_)
        if reason is None and candidate.id != leg.pinned_to:
            reason = _unfit(candidate, distance, trip, round_)
        if reason is not None:
            skipped[candidate.id] = reason
            continue
        chosen.append(
            Choice(
                courier_id=candidate.id,
                distance_metres=round(distance),
                score=_score(candidate, _minutes_to(leg, candidate, minutes), now, round_),
            )
        )
    chosen.sort(key=lambda choice: (choice.score, str(choice.courier_id)))
    return Ranking(chosen=tuple(chosen), skipped=skipped)


def _skip(candidate: Candidate, leg: Need, now: datetime, round_: Step) -> Skip | None:
    """Tell what about the courier forbids asking, wherever they are."""
    refused = candidate.refused_bonus_minor if candidate.id != leg.pinned_to else None
    tests = (
        (leg.pinned_to not in (None, candidate.id), Skip.PINNED),
        (candidate.id in leg.excluded, Skip.EXCLUDED),
        (not candidate.online, Skip.OFFLINE),
        (now - candidate.position_at > STALE_POSITION, Skip.STALE),
        (_load(candidate, round_) >= candidate.capacity, Skip.FULL),
        (refused is not None and refused >= round_.bonus_minor, Skip.REFUSED),
    )
    return next((reason for applies, reason in tests if applies), None)


def _load(candidate: Candidate, round_: Step) -> int:
    """Count open offers as taken, except on the board, where one courier may see many."""
    if round_.mode is Mode.BOARD:
        return candidate.active_count
    return candidate.active_count + candidate.open_count


def _unfit(candidate: Candidate, distance: float, trip: float, round_: Step) -> Skip | None:
    """Tell what about the way forbids asking."""
    if distance > round_.radius_metres:
        return Skip.FAR
    if trip > LONGEST_TRIP_METRES[candidate.vehicle]:
        return Skip.VEHICLE
    return None


def _minutes_to(leg: Need, candidate: Candidate, minutes: Minutes) -> float:
    here = candidate.place.latitude, candidate.place.longitude
    return minutes(here, (leg.pickup.latitude, leg.pickup.longitude), candidate.vehicle)


def _score(candidate: Candidate, minutes: float, now: datetime, round_: Step) -> float:
    minutes += (candidate.active_count + candidate.open_count) * round_.minutes_per_leg
    if candidate.idle_since is not None and candidate.active_count == 0:
        idle = min(now - candidate.idle_since, IDLE_LIMIT)
        minutes -= round_.fairness * idle.total_seconds() / 60
    return round(minutes, 3)
