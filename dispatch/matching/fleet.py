"""All couriers of one vehicle at once, as arrays: who could be at a shop first."""

import numpy as np

from dispatch.matching.ground import Ground
from dispatch.matching.model import Courier, Leg, Skip
from dispatch.matching.roads import Floats
from dispatch.matching.routes import Lane


def forbids(leg: Leg, courier: Courier) -> Skip | None:
    """Tell why a courier must not get a leg, whatever else they do."""
    if leg.pinned_to is not None and leg.pinned_to != courier.id:
        return Skip.PINNED
    if courier.id in leg.excluded:
        return Skip.EXCLUDED
    if courier.vehicle not in leg.vehicles:
        return Skip.VEHICLE
    return None


class Fleet:
    """The lanes of one vehicle that take further legs, as they are before any of those."""

    def __init__(self, lanes: list[Lane], ground: Ground) -> None:
        self._ground = ground
        self._lanes = [lane for lane in lanes if not lane.is_closed]
        self._vehicle = self._lanes[0].vehicle
        self._numbers = np.array([lane.number for lane in self._lanes])
        self._starts = np.array([lane.start for lane in self._lanes])
        self._opens_at = np.array([lane.opens_at for lane in self._lanes])
        self._here_since = np.array([lane.here_since for lane in self._lanes])
        self._closes_at = np.array([lane.closes_at for lane in self._lanes])
        self._arrivals: dict[int, tuple[Floats, Floats]] = {}

    def least(self, leg: int, count: int) -> list[tuple[float, int]]:
        """Return the least the leg could cost lanes, were it the only one: the cheapest `count`.

        Lanes come by their numbers, not by their costs.
        """
        costs = self._costs(leg)
        able = (costs < np.inf).nonzero()[0]
        if len(able) > count:
            limit = np.partition(costs, count - 1)[count - 1]
            able = (costs <= limit).nonzero()[0]
        return list(zip(costs[able].tolist(), self._numbers[able].tolist(), strict=True))

    def unable(self, leg: int) -> list[int]:
        """Return the lanes that may not take the leg, or that end before they are at its shop."""
        found: list[int] = self._numbers[self._costs(leg) == np.inf].tolist()
        return found

    def _costs(self, leg: int) -> Floats:
        ground, wanted = self._ground, self._ground.legs[leg]
        arrives_at, drive = self._arrival(ground.pickups[leg])
        pickup_at = np.maximum(arrives_at, ground.ready_at[leg])
        alone = ground.run(self._vehicle, frozenset((leg,)))
        costs = pickup_at + drive
        costs += alone.offsets[0] - wanted.placed_at
        costs[pickup_at > self._closes_at] = np.inf
        if wanted.pinned_to or wanted.excluded or self._vehicle not in wanted.vehicles:
            costs[[forbids(wanted, lane.courier) is not None for lane in self._lanes]] = np.inf
        return costs

    def _arrival(self, pickup: int) -> tuple[Floats, Floats]:
        """Return when each lane could begin to load at a shop, and what the way there costs."""
        found = self._arrivals.get(pickup)
        if found is None:
            ground = self._ground
            way = ground.minutes_from(self._vehicle, self._starts, pickup)
            leaves_at = np.where(self._starts == pickup, self._here_since, self._opens_at)
            drive = ground.weights.courier_minute * way
            found = self._arrivals[pickup] = (leaves_at + way + ground.half_pickup, drive)
        return found
