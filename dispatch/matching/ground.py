"""The zone as numbers: legs and couriers by index, travel times remembered, trips timed once."""

from itertools import permutations

import numpy as np

from dispatch.matching.model import Leg, Zone
from dispatch.policy import Vehicle


MOST_SHOPS = 12
"""Shops with the most demand: how far a plan's end is from these counts."""
MOST_PERMUTED = 4
"""Up to here every sequence of drop-offs is tried; longer trips grow by the best insertion."""


class Run:
    """Some legs of one shop, for one vehicle, in their best sequence, timed from the pickup."""

    __slots__ = (
        "base", "count", "end", "first_late", "late_at", "legs", "offsets", "pickup", "ready_at",
        "shop", "span",
    )  # fmt: skip

    def __init__(self, legs: tuple[int, ...], ground: "Ground", vehicle: Vehicle) -> None:
        first = ground.legs[legs[0]]
        self.legs = legs
        self.count = len(legs)
        self.shop = first.shop
        self.pickup = at = ground.pickups[legs[0]]
        half = ground.half_dropoff
        passed = ground.half_pickup
        offsets = []
        for leg in legs:
            there = ground.dropoffs[leg]
            passed += ground.minutes(vehicle, at, there) + half
            offsets.append(passed)
            passed += half
            at = there
        self.offsets = tuple(offsets)
        self.span = passed
        """From the pickup until free again."""
        self.end = at
        self.ready_at = max(ground.ready_at[leg] for leg in legs)
        self.base = (
            sum(offsets)
            - sum(ground.legs[leg].placed_at for leg in legs)
            + ground.weights.courier_minute * passed
        )
        """Cost but for the time of the pickup, the lateness and the way to the shop."""
        self.late_at = sorted(
            ground.legs[leg].promised_at - offset
            for leg, offset in zip(legs, offsets, strict=True)
        )
        self.first_late = self.late_at[0]

    def cost_at(self, pickup_at: float, late_minute: float) -> float:
        """Cost without the way to the shop."""
        cost = self.count * pickup_at + self.base
        if pickup_at > self.first_late:
            for moment in self.late_at:
                if pickup_at <= moment:
                    break
                cost += late_minute * (pickup_at - moment)
        return cost


class Ground:
    """One zone at one moment, indexed."""

    def __init__(self, zone: Zone) -> None:
        self.now = zone.now
        self.weights = zone.weights
        self.half_pickup = zone.handling.pickup_minutes / 2
        self.half_dropoff = zone.handling.dropoff_minutes / 2
        self.couriers = zone.couriers
        self.free_legs = range(len(zone.legs))
        promised = [leg for each in zone.couriers for trip in each.committed for leg in trip]
        self.legs: list[Leg] = [*zone.legs, *promised]
        self.index = {leg.id: number for number, leg in enumerate(self.legs)}
        self.ready_at = [max(leg.ready_at, zone.now) for leg in self.legs]
        self.point, self.minutes = zone.roads.point, zone.roads.minutes
        self.minutes_from = zone.roads.minutes_from
        self.pickups = [self.point(leg.pickup) for leg in self.legs]
        self.dropoffs = [self.point(leg.dropoff) for leg in self.legs]
        self.starts = [self.point(each.at) for each in zone.couriers]
        demand = sorted(zone.demand, key=lambda each: (-each.weight, each.shop))[:MOST_SHOPS]
        self._demand = [(self.point(each.at), each.weight) for each in demand]
        self._away = {
            vehicle: self._away_from_demand(vehicle, {*self.starts, *self.dropoffs})
            for vehicle in {each.vehicle for each in zone.couriers}
        }
        self._runs: dict[tuple[Vehicle, frozenset[int]], Run] = {}

    def away(self, vehicle: Vehicle, point: int) -> float:
        """Return the mean travel time from where a plan may end to where orders are expected."""
        return self._away[vehicle][point]

    def _away_from_demand(self, vehicle: Vehicle, points: set[int]) -> dict[int, float]:
        origins = np.fromiter(points, np.intp, len(points))
        total = np.zeros(len(points))
        for shop, weight in self._demand:
            total += weight * self.minutes_from(vehicle, origins, shop)
        total /= sum(weight for _, weight in self._demand) or 1.0
        return dict(zip(origins.tolist(), total.tolist(), strict=True))

    def run(self, vehicle: Vehicle, legs: frozenset[int]) -> Run:
        """Return the trip of these legs in its best sequence of drop-offs."""
        found = self._runs.get((vehicle, legs))
        if found is None:
            found = self._runs[vehicle, legs] = self._best_run(vehicle, legs)
        return found

    def _best_run(self, vehicle: Vehicle, legs: frozenset[int]) -> Run:
        chosen = sorted(legs)
        if len(chosen) == 1:
            return Run((chosen[0],), self, vehicle)
        if len(chosen) <= MOST_PERMUTED:
            sequences = list(permutations(chosen))
        else:
            known = self.run(vehicle, legs - {chosen[-1]}).legs
            sequences = [
                (*known[:place], chosen[-1], *known[place:]) for place in range(len(known) + 1)
            ]
        late_minute = self.weights.late_minute
        runs = (Run(sequence, self, vehicle) for sequence in sequences)
        return min(runs, key=lambda run: (run.cost_at(run.ready_at, late_minute), run.legs))
