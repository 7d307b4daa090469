"""Finds the point of a network that is nearest to a place."""

from collections.abc import Sequence
from math import cos, hypot, radians
from typing import Final

from core.merchants.distance import EARTH_RADIUS_METRES
from dispatch.travel.model import Point


CELL_METRES: Final = 150.0
MOST_RINGS: Final = 3
"""How many cells away is looked; further off there are no streets to speak of."""
METRES_PER_DEGREE: Final = EARTH_RADIUS_METRES * radians(1)


class Nearest:
    """Places in square cells; flat-earth arithmetic, exact to a metre in a city."""

    def __init__(self, places: Sequence[Point]) -> None:
        """Sort the places into cells."""
        self._north = METRES_PER_DEGREE
        self._east = METRES_PER_DEGREE * cos(radians(places[0][0] if places else 0.0))
        self._places = [self._metres(place) for place in places]
        self._cells: dict[tuple[int, int], list[int]] = {}
        for number, metres in enumerate(self._places):
            self._cells.setdefault(self._cell(metres), []).append(number)

    def find(self, place: Point) -> tuple[int, float] | None:
        """Return the number of the nearest place and how many metres off it is."""
        here = self._metres(place)
        best: tuple[float, int] | None = None
        for ring in range(MOST_RINGS + 1):
            if best is not None and best[0] <= (ring - 1) * CELL_METRES:
                break
            for number in self._in_ring(self._cell(here), ring):
                there = self._places[number]
                off = hypot(there[0] - here[0], there[1] - here[1])
                if best is None or (off, number) < best:
                    best = off, number
        return None if best is None else (best[1], best[0])

    def _in_ring(self, cell: tuple[int, int], ring: int) -> list[int]:
        north, east = cell
        cells = [
            (north + up, east + right)
            for up in range(-ring, ring + 1)
            for right in range(-ring, ring + 1)
            if max(abs(up), abs(right)) == ring
        ]
        return [number for each in cells for number in self._cells.get(each, ())]

    def _metres(self, place: Point) -> Point:
        return place[0] * self._north, place[1] * self._east

    def _cell(self, metres: Point) -> tuple[int, int]:
        return int(metres[0] // CELL_METRES), int(metres[1] // CELL_METRES)
