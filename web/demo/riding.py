"""A ride along the streets of the demonstration city."""

from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from dispatch.policy import Vehicle
from dispatch.travel.streets.engine import StreetGraph
from web.demo.geometry import Place


class Ride:
    """One way from a place to another, ridden piece by piece."""

    def __init__(self, start: Place, goal: Place) -> None:
        """Look for the way; where streets do not lead, go straight."""
        self.goal = goal
        self._ahead = deque([*_trimmed(_streets(start, goal), start, goal), goal])

    def metres_left(self, place: Place) -> float:
        """How far it still is from `place`, where the rider is."""
        return sum(here.metres_to(there) for here, there in pairwise([place, *self._ahead]))

    def go(self, place: Place, metres: float) -> Place:
        """Ride on from `place`; return where that leads, not beyond the goal."""
        while self._ahead:
            piece = place.metres_to(self._ahead[0])
            if piece > metres:
                return place.towards(self._ahead[0], metres)
            metres -= piece
            place = self._ahead.popleft()
        return place


@lru_cache(maxsize=1)
def _graph() -> StreetGraph:
    return StreetGraph()


def _streets(start: Place, goal: Place) -> list[Place]:
    ends = (start.latitude, start.longitude), (goal.latitude, goal.longitude)
    route = _graph().route(*ends, Vehicle.SCOOTER) or []
    return [Place(*point) for point in route]


def _trimmed(route: list[Place], start: Place, goal: Place) -> Iterator[Place]:
    """Leave out a first or last point that one would only ride to and back from."""
    first, last = 0, len(route)
    if last - first > 1 and start.metres_to(route[1]) <= route[0].metres_to(route[1]):
        first = 1
    if last - first > 1 and goal.metres_to(route[-2]) <= route[-1].metres_to(route[-2]):
        last -= 1
    return iter(route[first:last])
