"""The points a shortest way leads through: what the shortcuts of a hierarchy stand for."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TypeAlias

from dispatch.travel.streets.contraction import Hierarchy, Upward
from dispatch.travel.streets.hierarchy import climb


Downward: TypeAlias = list[list[tuple[int, int]]]
"""For each point, the less important points one step away, and how many decimetres that is."""


class Tracer:
    """Traces shortest ways in one network."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        """Turn the steps around, to walk them downward."""
        self._hierarchy = hierarchy
        self._to = _downward(hierarchy.onward)
        self._from = _downward(hierarchy.back)

    def trace(self, origin: int, destination: int) -> list[int] | None:
        """Return the points from one to the other, both included; none when there is no way."""
        here = climb(origin, self._hierarchy.onward, self._hierarchy.back)
        there = climb(destination, self._hierarchy.back, self._hierarchy.onward)
        meetings = [point for point in here if point in there]
        if not meetings:
            return None
        summit = min(meetings, key=lambda point: here[point] + there[point])
        up = [*_descent(summit, here, self._to)][::-1]
        down = [*_descent(summit, there, self._from)]
        points = [origin]
        for start, end in pairwise([*up, *down[1:]]):
            points.extend(self._opened(start, end))
        return points

    def _opened(self, start: int, end: int) -> Iterator[int]:
        """Yield the points of one step after its start, those under a shortcut too."""
        waiting = [(start, end)]
        while waiting:
            here, there = waiting.pop()
            middle = self._middle(here, there)
            if middle is None:
                yield there
            else:
                waiting += [(middle, there), (here, middle)]

    def _middle(self, start: int, end: int) -> int | None:
        """Return the point that the step leads through, if it is a shortcut."""
        cost = self._cost(start, end)
        for middle, first in self._from[start]:
            second = dict(self._hierarchy.onward[middle]).get(end)
            if second is not None and first + second == cost:
                return middle
        return None

    def _cost(self, start: int, end: int) -> int:
        steps = self._hierarchy.onward[start] if start < end else self._hierarchy.back[end]
        return dict(steps)[max(start, end)]


def _downward(steps: Upward) -> Downward:
    turned: Downward = [[] for _ in steps]
    for point, each in enumerate(steps):
        for above, cost in each:
            turned[above].append((point, cost))
    return turned


def _descent(summit: int, reached: Mapping[int, int], below: Downward) -> Iterator[int]:
    """Yield the points of a climb from its end to its start."""
    point = summit
    while True:
        yield point
        if not reached[point]:
            return
        point = next(
            lower
            for lower, cost in below[point]
            if lower in reached and reached[lower] + cost == reached[point]
        )
