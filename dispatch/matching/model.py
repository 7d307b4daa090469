"""What the optimiser is told about one zone, and what it answers: plain frozen values.

Times are minutes since any one moment, the same for all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from dispatch.matching.roads import Point, Roads
from dispatch.policy import Vehicle


Tentative: TypeAlias = Mapping[str, Sequence[Sequence[str]]]
"""Courier id to trips, each the ids of its legs: the plan of the last decision."""


class Skip(StrEnum):
    """Why a courier does not get a leg."""

    EXCLUDED = "excluded"  # refused it, or an operator wants somebody else
    PINNED = "pinned"  # an operator gave the leg to another
    VEHICLE = "wrong_vehicle"  # not for this trip
    FULL = "full"  # carries nothing
    SHIFT = "shift_ends"  # could not be at the shop in time
    FAR = "far"  # others could deliver earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One order to be carried from its shop to its customer."""

    id: str
    shop: str
    pickup: Point
    dropoff: Point
    placed_at: float
    ready_at: float
    """As now estimated."""
    promised_at: float
    pinned_to: str | None = None
    excluded: frozenset[str] = frozenset()
    """Couriers who must not get it."""
    vehicles: frozenset[Vehicle] = frozenset(Vehicle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """One courier, as of the moment when nothing begun is left to do."""

    id: str
    at: Point
    """Where they are free; with `committed`, the shop of the first trip."""
    free_at: float
    """Since when they stand there, or when they will."""
    shift_ends_at: float
    """No pickup is later; drop-offs may be."""
    capacity: int
    """Legs carried at a time."""
    vehicle: Vehicle = Vehicle.SCOOTER
    committed: tuple[tuple[Leg, ...], ...] = ()
    """Trips accepted and not yet picked up. Legs of the same shops may still join them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """Minutes at the doors; half of each passes before the goods change hands."""

    pickup_minutes: float = 4.0
    dropoff_minutes: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What is to be made small, in minutes of click-to-door of one leg."""

    late_minute: float = 0.2
    """A minute beyond what was promised, on top of the minute itself."""
    courier_minute: float = 0.3
    """A minute of the shift that a courier drives or hands over."""
    away_minute: float = 0.3
    """A minute from a plan's end to where orders are expected."""
    unassigned: float = 1_000.0
    """A leg that is on no plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A shop and how much of the zone's next orders are expected there."""

    shop: str
    at: Point
    weight: float


def never() -> bool:
    """Let a budget have no limit but its rounds."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long to improve: the first of the two limits ends it, and the best is returned.

    Without `is_over` the same zone and seed give the same decision.
    """

    rounds: int = 200
    is_over: Callable[[], bool] = never


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """All that one decision needs to know."""

    now: float
    couriers: tuple[Courier, ...]
    legs: tuple[Leg, ...]
    """Those that nobody has accepted."""
    roads: Roads
    """Travel times; keep them from one decision to the next."""
    handling: Handling = field(default_factory=Handling)
    weights: Weights = field(default_factory=Weights)
    commit_ahead_minutes: float = 1.0
    """What must start within this time is committed now: until the next decision, at least."""
    demand: tuple[Demand, ...] = ()
    tentative: Tentative = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """To one shop, and from there to one customer after the other."""

    shop: str
    leg_ids: tuple[str, ...]
    """In the order of delivery."""
    leave_at: float
    """The latest moment to set out."""
    pickup_at: float
    dropoff_at: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A courier who could take a leg, and what the zone's plan would lose by it."""

    courier_id: str
    cost: float
    pickup_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a courier gets a leg."""

    courier_id: str
    scores: tuple[Score, ...]
    """Best first, the chosen one among them."""
    skipped: Mapping[str, Skip]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What must be offered now: a trip's legs to its courier, and why."""

    courier_id: str
    trip: Trip
    new_leg_ids: tuple[str, ...]
    """Those of the trip that the courier has not accepted yet."""
    reasons: Mapping[str, Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Where an idle courier had better wait."""

    courier_id: str
    shop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The best plan found, and the part of it that cannot wait."""

    plans: Mapping[str, tuple[Trip, ...]]
    commitments: tuple[Commitment, ...]
    suggestions: tuple[Suggestion, ...]
    unassigned: tuple[str, ...]
    """Legs that nobody can take as things stand."""
    obstacles: Mapping[str, Mapping[Skip, int]]
    """Of some of these: how many couriers are kept from it by what."""
    cost: float
    rounds: int

    @property
    def tentative(self) -> Tentative:
        """What the next decision starts from; all of it may be lost without harm."""
        return {key: [trip.leg_ids for trip in plan] for key, plan in self.plans.items()}
