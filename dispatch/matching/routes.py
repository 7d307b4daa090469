"""A courier's sequence of trips: what it costs, and what one more leg would add to it."""

from math import inf
from typing import TypeAlias

from dispatch.matching.ground import Ground, Run
from dispatch.matching.model import Courier


Runs: TypeAlias = tuple[Run, ...]
Insertion: TypeAlias = tuple[float, Runs]
"""What it adds to the cost, and the sequence it leads to."""
IMPOSSIBLE: Insertion = (inf, ())


class Route:
    """An immutable sequence of one lane, with what was already found out about it."""

    __slots__ = ("before", "cost", "insertions", "lane", "runs", "without")

    def __init__(self, lane: "Lane", runs: Runs) -> None:
        self.lane = lane
        self.runs = runs
        self.before = lane.states(runs)
        """Clock, point and cost before each trip, and after the last."""
        clock, point, cost = self.before[-1]
        self.cost = cost + lane.afterwards(clock, point)
        self.insertions: dict[int, Insertion] = {}
        self.without: dict[int, Route] = {}


class Lane:
    """One courier and every route that was considered for them."""

    def __init__(self, number: int, courier: Courier, ground: Ground) -> None:
        self.number = number
        self.courier = courier
        self.vehicle = courier.vehicle
        self.start = ground.starts[number]
        self.here_since = courier.free_at
        self.opens_at = max(courier.free_at, ground.now)
        self.closes_at = courier.shift_ends_at
        self.fixed = tuple(
            frozenset(ground.index[leg.id] for leg in trip) for trip in courier.committed
        )
        self.held = frozenset[int]().union(*self.fixed)
        self._ground = ground
        self._routes: dict[Runs, Route] = {}
        self._ends_at = inf
        self.promised = self.route(tuple(ground.run(self.vehicle, each) for each in self.fixed))
        """The least the courier does."""
        last = self._last_pickup(self.promised)
        self.is_closed = last > courier.shift_ends_at or courier.capacity < 1
        """Committed beyond the shift's end already: nothing is added."""
        if not self.is_closed:
            self._ends_at = courier.shift_ends_at

    def _last_pickup(self, route: Route) -> float:
        if not route.runs:
            return self.opens_at
        return route.before[-1][0] - route.runs[-1].span

    def forget(self) -> None:
        """Let go of all routes, which know their lane: no cycle of references is left."""
        self._routes.clear()
        del self.promised

    def route(self, runs: Runs) -> Route:
        """Return the route of this sequence, the same object each time."""
        found = self._routes.get(runs)
        if found is None:
            found = self._routes[runs] = Route(self, runs)
        return found

    def afterwards(self, clock: float, point: int) -> float:
        """Price the way from a plan's end to the next orders; after the shift there are none.

        Minutes beyond the shift's end are nobody's loss: other orders cannot have them.
        """
        weights = self._ground.weights
        if clock >= self.closes_at:
            return weights.courier_minute * (self.closes_at - clock)
        if not weights.away_minute:
            return 0.0
        return weights.away_minute * self._ground.away(self.vehicle, point)

    def leaves_at(self, run: Run) -> float:
        """Return the clock of a first trip: who stands at the shop has arrived already."""
        return self.here_since if run.pickup == self.start else self.opens_at

    def states(self, runs: Runs) -> list[tuple[float, int, float]]:
        """Return clock, point and cost before each trip and after the last; infinite if late."""
        clock = self.leaves_at(runs[0]) if runs else self.opens_at
        found = [(clock, self.start, 0.0)]
        for run in runs:
            clock, point, cost = found[-1]
            way = self._ground.minutes(self.vehicle, point, run.pickup)
            pickup_at = max(clock + way + self._ground.half_pickup, run.ready_at)
            if pickup_at > self._ends_at:
                cost = inf
            weights = self._ground.weights
            cost += weights.courier_minute * way + run.cost_at(pickup_at, weights.late_minute)
            found.append((pickup_at + run.span, run.end, cost))
        return found

    def insertion(self, route: Route, leg: int) -> Insertion:
        """Return the cheapest way to add a leg to a route, joining a trip to its shop or not."""
        found = route.insertions.get(leg)
        if found is None:
            found = route.insertions[leg] = self._cheapest(route, leg)
        return found

    def _cheapest(self, route: Route, leg: int) -> Insertion:
        if self.is_closed:
            return IMPOSSIBLE
        ground, runs = self._ground, route.runs
        alone = ground.run(self.vehicle, frozenset((leg,)))
        best = inf
        best_runs: Runs = ()
        for place, (clock, point, cost) in enumerate(route.before):
            rest = runs[place:]
            if rest and rest[0].shop == alone.shop and rest[0].count < self.courier.capacity:
                together = ground.run(self.vehicle, frozenset((*rest[0].legs, leg)))
                tail = (together, *rest[1:])
                total = cost + self._price(clock, point, tail)
                if total < best:
                    best, best_runs = total, (*runs[:place], *tail)
            if place >= len(self.fixed):
                tail = (alone, *rest)
                if not place:
                    clock = self.leaves_at(alone)  # noqa: PLW2901 - the first trip has its own
                total = cost + self._price(clock, point, tail)
                if total < best:
                    best, best_runs = total, (*runs[:place], *tail)
        return best - route.cost, best_runs

    def _price(self, clock: float, point: int, runs: Runs) -> float:
        """Price a sequence from a moment and a point: `states` without its notes, for speed."""
        ground = self._ground
        weights = ground.weights
        half, ends_at = ground.half_pickup, self._ends_at
        drive, late = weights.courier_minute, weights.late_minute
        total = 0.0
        for run in runs:
            way = ground.minutes(self.vehicle, point, run.pickup)
            pickup_at = clock + way + half
            if pickup_at < run.ready_at:  # noqa: PLR1730 - calling max() takes longer
                pickup_at = run.ready_at
            if pickup_at > ends_at:
                return inf
            total += drive * way + run.count * pickup_at + run.base
            if pickup_at > run.first_late:
                for moment in run.late_at:
                    if pickup_at <= moment:
                        break
                    total += late * (pickup_at - moment)
            clock = pickup_at + run.span
            point = run.end
        return total + self.afterwards(clock, point)

    def without(self, route: Route, leg: int) -> Route:
        """Return the route without one of its free legs."""
        found = route.without.get(leg)
        if found is None:
            runs = []
            for run in route.runs:
                if leg not in run.legs:
                    runs.append(run)
                elif run.count > 1:
                    left = frozenset(run.legs) - {leg}
                    runs.append(self._ground.run(self.vehicle, left))
            found = route.without[leg] = self.route(tuple(runs))
        return found
