"""Travel times, asked for once and remembered; may live longer than one decision."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dispatch.policy import Vehicle


Point: TypeAlias = tuple[float, float]
"""Whatever the travel function understands."""
Travel: TypeAlias = Callable[[Point, Point, Vehicle], float]
"""Minutes from the first point to the second."""
ManyToOne: TypeAlias = Callable[[Sequence[Point], Point, Vehicle], Sequence[float]]
"""Minutes from each of the points to the last: the same as `Travel` says, sooner."""

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.intp]

MOST_POINTS = 20_000
"""Then everything is forgotten: points come and go with their orders."""


class Roads:
    """Points by number, and the minutes between them for each vehicle."""

    def __init__(self, travel: Travel, many_to_one: ManyToOne | None = None) -> None:
        """Ask `travel`; and `many_to_one`, where it is given, for many origins at once."""
        self._travel = travel
        self._many_to_one = many_to_one or self._one_by_one
        self._numbers: dict[Point, int] = {}
        self._places: list[Point] = []
        self.rows: dict[Vehicle, list[dict[int, float]]] = {each: [] for each in Vehicle}
        """Minutes by vehicle, origin and destination, as far as known."""
        self._columns: dict[tuple[Vehicle, int], Floats] = {}
        """The same by destination, for many origins at once; not a number where not known."""

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

    def minutes_from(self, vehicle: Vehicle, origins: Numbers, destination: int) -> Floats:
        """Return the travel times from many points to one."""
        column = self._columns.get((vehicle, destination))
        if column is None or len(column) < len(self._places):
            longer = np.full(2 * len(self._places), np.nan)
            if column is not None:
                longer[: len(column)] = column
            column = self._columns[vehicle, destination] = longer
        found = column[origins]
        unknown = np.isnan(found).nonzero()[0]
        if len(unknown):
            places = [self._places[origin] for origin in origins[unknown].tolist()]
            found[unknown] = self._many_to_one(places, self._places[destination], vehicle)
            column[origins] = found
        return found

    def trimmed(self) -> "Roads":
        """Return these roads, or new ones when too many points are known: between decisions."""
        return self if len(self._places) <= MOST_POINTS else Roads(self._travel, self._many_to_one)

    def _one_by_one(
        self, origins: Sequence[Point], destination: Point, vehicle: Vehicle
    ) -> list[float]:
        return [self._travel(origin, destination, vehicle) for origin in origins]
