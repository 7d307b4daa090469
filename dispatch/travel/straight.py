"""Travel by the straight line, longer by a detour: needs no map, knows every place."""

from core.merchants.distance import metres_between
from dispatch.policy import DETOUR, METRES_PER_MINUTE, Vehicle
from dispatch.travel.model import Point, Way


class StraightLine:
    """Streets are on average longer than the straight line by the same factor."""

    def way(self, origin: Point, destination: Point, vehicle: Vehicle) -> Way:
        """Return the way; there is always one."""
        metres = metres_between(*origin, *destination) * DETOUR
        return Way(minutes=metres / METRES_PER_MINUTE[vehicle], metres=metres)
