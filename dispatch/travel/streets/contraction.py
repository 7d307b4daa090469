"""Prepares a network for fast questions: a contraction hierarchy, after Geisberger et al. (2008).

Points are taken out one after the other, the least important first. Where a shortest way led
through the point, a shortcut takes its place. A shortest way in what results climbs, in the order
in which points were taken out, and then descends: so a question looks at a few hundred points.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Final, TypeAlias

from dispatch.travel.model import Point
from dispatch.travel.streets.network import Edges, Network


MOST_SETTLED: Final = 60
"""Points a look for a way around visits; too few only means shortcuts nobody needs."""

Upward: TypeAlias = list[list[tuple[int, int]]]
"""For each point, the more important points one step away, and how many decimetres that is."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Points numbered by importance, the least first."""

    places: list[Point]
    onward: Upward
    """Steps from the point."""
    back: Upward
    """Steps to the point."""


def contract(network: Network) -> Hierarchy:
    """Return the network's hierarchy; takes about a minute for a city."""
    return _Contraction(network).run()


class _Contraction:
    """What is left of the network, and what has been taken out."""

    def __init__(self, network: Network) -> None:
        self._places = network.places
        self._out: Edges = [dict(each) for each in network.steps]
        self._in: Edges = [{} for _ in network.steps]
        for origin, steps in enumerate(network.steps):
            for destination, cost in steps.items():
                self._in[destination][origin] = cost
        self._depth = [0] * len(network.steps)
        self._order: list[int] = []
        self._up: Edges = [{} for _ in network.steps]
        self._down: Edges = [{} for _ in network.steps]

    def run(self) -> Hierarchy:
        waiting = [(self._importance(point), point) for point in range(len(self._places))]
        heapify(waiting)
        while waiting:
            known, point = heappop(waiting)
            importance = self._importance(point)
            if waiting and importance > known and importance > waiting[0][0]:
                heappush(waiting, (importance, point))
            else:
                self._take_out(point)
        return self._renumbered()

    def _importance(self, point: int) -> int:
        shortcuts = sum(1 for _ in self._shortcuts(point))
        removed = len(self._out[point]) + len(self._in[point])
        return 2 * (shortcuts - removed) + self._depth[point]

    def _shortcuts(self, point: int) -> Iterator[tuple[int, int, int]]:
        """Yield origin, destination and cost of each shortest way that leads through the point."""
        targets = self._out[point]
        for origin, first in self._in[point].items():
            wanted = {each: first + cost for each, cost in targets.items() if each != origin}
            if not wanted:
                continue
            around = self._around(origin, point, max(wanted.values()), wanted)
            for destination, cost in wanted.items():
                if around.get(destination, cost + 1) > cost:
                    yield origin, destination, cost

    def _around(
        self, origin: int, without: int, limit: int, wanted: Mapping[int, int]
    ) -> dict[int, int]:
        """Distances from `origin` that avoid a point, as far as a short look finds them."""
        found = {origin: 0}
        waiting = [(0, origin)]
        missing = set(wanted)
        for _ in range(MOST_SETTLED):
            if not waiting or not missing:
                break
            passed, point = heappop(waiting)
            if passed > limit:
                break
            missing.discard(point)
            if passed > found[point]:
                continue
            for following, cost in self._out[point].items():
                total = passed + cost
                if following != without and total < found.get(following, limit + 1):
                    found[following] = total
                    heappush(waiting, (total, following))
        return found

    def _take_out(self, point: int) -> None:
        for origin, destination, cost in list(self._shortcuts(point)):
            known = self._out[origin].get(destination)
            if known is None or cost < known:
                self._out[origin][destination] = cost
                self._in[destination][origin] = cost
        self._up[point], self._down[point] = self._out[point], self._in[point]
        for each in self._out[point]:
            del self._in[each][point]
        for each in self._in[point]:
            del self._out[each][point]
        depth = self._depth[point] + 1
        for each in {*self._out[point], *self._in[point]}:
            self._depth[each] = max(self._depth[each], depth)
        self._order.append(point)

    def _renumbered(self) -> Hierarchy:
        numbers = {point: number for number, point in enumerate(self._order)}

        def upward(edges: Edges) -> Upward:
            return [
                sorted((numbers[each], cost) for each, cost in edges[point].items())
                for point in self._order
            ]

        return Hierarchy(
            places=[self._places[point] for point in self._order],
            onward=upward(self._up),
            back=upward(self._down),
        )
