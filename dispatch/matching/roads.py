"""Travel times, asked for once and remembered; may live longer than one decision."""

from collections.abc import Callable
from typing import TypeAlias

from dispatch.policy import Vehicle


Point: TypeAlias = tuple[float, float]
"""Whatever the travel function understands."""
Travel: TypeAlias = Callable[[Point, Point, Vehicle], float]
"""Minutes from the first point to the second."""


MOST_POINTS = 20_000
"""Then everything is forgotten: points come and go with their orders."""


class Roads:
    """Points by number, and the minutes between them for each vehicle."""

    def __init__(self, travel: Travel) -> None:
        self._travel = travel
        self._numbers: dict[Point, int] = {}
        self._places: list[Point] = []
        self.rows: dict[Vehicle, list[dict[int, float]]] = {each: [] for each in Vehicle}
        """Minutes by vehicle, origin and destination, as far as known."""

    def point(self, place: Point) -> int:
        """Return the number of a point."""
        number = self._numbers.setdefault(place, len(self._numbers))
        if number == len(self._places):
            self._places.append(place)
            for rows in self.rows.values():
                rows.append({})
        return number

    def minutes(self, vehicle: Vehicle, origin: int, destination: int) -> float:
        """Return the travel time between two points."""
        row = self.rows[vehicle][origin]
        found = row.get(destination)
        if found is None:
            found = self._travel(self._places[origin], self._places[destination], vehicle)
            row[destination] = found
        return found

    def trimmed(self) -> "Roads":
        """Return these roads, or new ones when too many points are known: between decisions."""
        return self if len(self._places) <= MOST_POINTS else Roads(self._travel)
