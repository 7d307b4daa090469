"""All routes of a zone at once: putting legs on them and taking legs off."""

from collections.abc import Iterable, Sequence
from math import inf
from random import Random

from dispatch.matching.ground import Ground
from dispatch.matching.model import Courier, Leg, Skip, Tentative
from dispatch.matching.routes import Lane, Route, Runs


BLINK = 0.02
"""How often a disturbed insertion overlooks a courier, so that it does not always end alike."""
MOST_LANES = 32
"""Couriers looked at for one leg: those with the least possible cost."""
NEAR_MINUTES = 6.0


def forbids(leg: Leg, courier: Courier) -> Skip | None:
    """Tell why a courier must not get a leg, whatever else they do."""
    if leg.pinned_to is not None and leg.pinned_to != courier.id:
        return Skip.PINNED
    if courier.id in leg.excluded:
        return Skip.EXCLUDED
    if courier.vehicle not in leg.vehicles:
        return Skip.VEHICLE
    return None


class Board:
    """Which leg is on whose route; the legs on none are loose."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.lanes = [
            Lane(number, courier, ground) for number, courier in enumerate(ground.couriers)
        ]
        self._open = [
            (lane, lane.ways, lane.start, lane.opens_at, lane.closes_at)
            for lane in self.lanes
            if not lane.is_closed
        ]
        """What is asked of every lane for every leg, at hand."""
        self._vehicles = frozenset(lane.vehicle for lane, *_ in self._open)
        self.routes: list[Route] = [lane.promised for lane in self.lanes]
        self.on: dict[int, int] = {}
        """Lane by leg."""
        self.loose: set[int] = set(ground.free_legs)
        self.cost = sum(route.cost for route in self.routes)
        self.cost += len(self.loose) * ground.weights.unassigned
        self._nearest: dict[int, list[tuple[float, int]]] = {}
        self._able: dict[int, frozenset[int]] = {}

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
            costs = self._least_costs(leg)
            self._able[leg] = frozenset(number for _, number in costs)
            found = self._nearest[leg] = _least(costs)
        return found

    def able(self, leg: int) -> frozenset[int]:
        """Return the lanes that may take a leg and could be at its shop before they end."""
        self.nearest(leg)
        return self._able[leg]

    def _least_costs(self, leg: int) -> list[tuple[float, int]]:
        """Return what the leg would cost each lane that may take it, were it the only one."""
        ground, wanted = self.ground, self.ground.legs[leg]
        pickup, half, ready_at = ground.pickups[leg], ground.half_pickup, ground.ready_at[leg]
        drive, minutes = ground.weights.courier_minute, ground.minutes
        direct = {
            vehicle: ground.run(vehicle, frozenset((leg,))).offsets[0] - wanted.placed_at
            for vehicle in self._vehicles
        }
        is_open = not (wanted.pinned_to or wanted.excluded) and self._vehicles <= wanted.vehicles
        found = []
        for lane, ways, start, opens_at, closes_at in self._open:
            if not is_open and forbids(wanted, lane.courier):
                continue
            way = ways.get(pickup)
            if way is None:
                way = minutes(lane.vehicle, start, pickup)
            pickup_at = (opens_at if pickup != start else lane.here_since) + way + half
            if pickup_at < ready_at:  # noqa: PLR1730 - calling max() takes longer
                pickup_at = ready_at
            if pickup_at <= closes_at:
                found.append((pickup_at + direct[lane.vehicle] + drive * way, lane.number))
        return found


def _least(costs: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """Return the least of many, in order; those far from the least need no sorting."""
    if len(costs) > MOST_LANES:
        near = min(costs)[0] + NEAR_MINUTES
        close = [each for each in costs if each[0] < near]
        costs = close if len(close) >= MOST_LANES else costs
    return sorted(costs)[:MOST_LANES]
