"""Shortest ways in a contracted network: two climbs that meet."""

from collections.abc import Mapping
from functools import lru_cache
from heapq import heappop, heappush
from typing import Final

from dispatch.travel.streets.contraction import Hierarchy, Upward


KEPT_CLIMBS: Final = 4_000
"""Of one network, in each direction; some 15 KB each. Shops and doors come again and again."""


class Climber:
    """Answers how far it is between two points of one network; remembers its climbs."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        """Climb nowhere yet."""
        onward, back = hierarchy.onward, hierarchy.back
        self._onward = lru_cache(KEPT_CLIMBS)(lambda point: climb(point, onward, back))
        self._back = lru_cache(KEPT_CLIMBS)(lambda point: climb(point, back, onward))

    def decimetres(self, origin: int, destination: int) -> int | None:
        """Return the length of the shortest way, or nothing when there is none."""
        here, there = self._onward(origin), self._back(destination)
        if len(here) > len(there):
            here, there = there, here
        return min(
            (passed + there[point] for point, passed in here.items() if point in there),
            default=None,
        )


def climb(start: int, steps: Upward, opposite: Upward) -> Mapping[int, int]:
    """Distances to all points that shortest ways from `start` may climb to.

    Where a more important point offers a shorter way down, no shortest way goes up: such points
    are left out, and not gone on from.
    """
    reached: dict[int, int] = {}
    found = {start: 0}
    waiting = [(0, start)]
    while waiting:
        passed, point = heappop(waiting)
        if passed > found[point]:
            continue
        if any(found.get(above, passed) + cost < passed for above, cost in opposite[point]):
            continue
        reached[point] = passed
        for above, cost in steps[point]:
            total = passed + cost
            if total < found.get(above, total + 1):
                found[above] = total
                heappush(waiting, (total, above))
    return reached
