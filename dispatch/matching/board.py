"""All routes of a zone at once: putting legs on them and taking legs off."""

from collections.abc import Iterable, Sequence
from math import inf
from random import Random

from dispatch.matching.fleet import Fleet, forbids
from dispatch.matching.ground import Ground
from dispatch.matching.model import Skip, Tentative
from dispatch.matching.routes import Lane, Route, Runs


BLINK = 0.02
"""How often a disturbed insertion overlooks a courier, so that it does not always end alike."""
MOST_LANES = 32
"""Couriers looked at for one leg: those with the least possible cost."""


class Board:
    """Which leg is on whose route; the legs on none are loose."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.lanes = [
            Lane(number, courier, ground) for number, courier in enumerate(ground.couriers)
        ]
        self.all_far = {lane.courier.id: Skip.FAR for lane in self.lanes}
        """What is said of couriers unless there is more to say."""
        self._closed = [lane.number for lane in self.lanes if lane.is_closed]
        self._fleets = [
            Fleet([lane for lane in self.lanes if lane.vehicle is vehicle], ground)
            for vehicle in sorted({lane.vehicle for lane in self.lanes if not lane.is_closed})
        ]
        self.routes: list[Route] = [lane.promised for lane in self.lanes]
        self.on: dict[int, int] = {}
        """Lane by leg."""
        self.loose: set[int] = set(ground.free_legs)
        self.cost = sum(route.cost for route in self.routes)
        self.cost += len(self.loose) * ground.weights.unassigned
        self._nearest: dict[int, list[tuple[float, int]]] = {}

    def resume(self, tentative: Tentative) -> None:
        """Lay the routes of the last decision out again, as far as they are still possible."""
        for lane in self.lanes:
            trips = tentative.get(lane.courier.id, ())
            route = self._longest(lane, self._still_free(lane, trips)) if trips else None
            if route is not None:
                self._lay(lane, route)

    def _still_free(self, lane: Lane, trips: Sequence[Sequence[str]]) -> list[frozenset[int]]:
        """Return the trips without what has been picked up, taken or forbidden meanwhile."""
        index, legs = self.ground.index, self.ground.legs
        found: list[frozenset[int]] = []
        seen: set[int] = set()
        for ids in trips:
            kept: dict[str, set[int]] = {}
            known = {index[each] for each in ids if each in index} - seen
            seen |= known
            for leg in sorted(known):
                is_free = leg in self.loose and not forbids(legs[leg], lane.courier)
                if leg in lane.held or is_free:
                    kept.setdefault(legs[leg].shop, set()).add(leg)
            found += map(frozenset, kept.values())
        return found

    def _longest(self, lane: Lane, trips: list[frozenset[int]]) -> Route | None:
        """Return the route of as many trips as are feasible, after what is fixed."""
        fixed = [each.union(*(trip for trip in trips if trip & each)) for each in lane.fixed]
        free = [trip for trip in trips if not trip & lane.held]
        chosen = [*fixed, *free]
        if lane.is_closed or any(len(trip) > lane.courier.capacity for trip in chosen):
            return None
        while len(chosen) >= len(fixed):
            route = lane.route(tuple(self.ground.run(lane.vehicle, trip) for trip in chosen))
            if route.cost < inf:
                return route
            chosen.pop()
        return None

    def _lay(self, lane: Lane, route: Route) -> None:
        self.cost += route.cost - self.routes[lane.number].cost
        self.routes[lane.number] = route
        for run in route.runs:
            for leg in run.legs:
                if leg in self.loose:
                    self.loose.remove(leg)
                    self.cost -= self.ground.weights.unassigned
                    self.on[leg] = lane.number

    def insert(self, legs: Iterable[int], random: Random | None = None) -> None:
        """Put each leg where it costs least; with `random`, not always quite there."""
        dear = self.ground.weights.unassigned
        for leg in legs:
            best = dear
            best_route: Route | None = None
            best_runs: Runs = ()
            for least, number in self.nearest(leg):
                if least >= best:
                    break
                if random is not None and random.random() < BLINK:
                    continue
                route = self.routes[number]
                cost, runs = route.insertions.get(leg) or route.lane.insertion(route, leg)
                if cost < best:
                    best, best_route, best_runs = cost, route, runs
            if best_route is not None:
                lane = best_route.lane
                self.routes[lane.number] = lane.route(best_runs)
                self.cost += best - dear
                self.on[leg] = lane.number
                self.loose.discard(leg)

    def remove(self, leg: int) -> None:
        """Take a free leg off its route."""
        number = self.on.pop(leg, None)
        if number is not None:
            route = self.routes[number]
            shorter = self.routes[number] = route.lane.without(route, leg)
            self.cost += shorter.cost - route.cost + self.ground.weights.unassigned
            self.loose.add(leg)

    def nearest(self, leg: int) -> list[tuple[float, int]]:
        """Return the lanes that may take a leg, by the least it could cost there."""
        found = self._nearest.get(leg)
        if found is None:
            costs = [least for fleet in self._fleets for least in fleet.least(leg, MOST_LANES)]
            found = self._nearest[leg] = sorted(costs)[:MOST_LANES]
        return found

    def unable(self, leg: int) -> list[int]:
        """Return the lanes that may not take a leg, or that end before they are at its shop."""
        return self._closed + [number for fleet in self._fleets for number in fleet.unable(leg)]

    def forget(self) -> None:
        """Come apart, at the end."""
        for lane in self.lanes:
            lane.forget()
