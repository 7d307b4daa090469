"""Travel on a city's own streets, searched in this process."""

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from dispatch.policy import DETOUR, METRES_PER_MINUTE, Vehicle
from dispatch.travel.model import Point, Way
from dispatch.travel.streets.contraction import Hierarchy
from dispatch.travel.streets.file import City, read_city
from dispatch.travel.streets.hierarchy import Climber
from dispatch.travel.streets.nearest import Nearest
from dispatch.travel.streets.network import DECIMETRES
from dispatch.travel.streets.route import Tracer


BUNDLED: Final = Path(__file__).with_name("gothenburg.streets")
"""Gothenburg; see the README beside it."""
KEPT_PLACES: Final = 20_000


class StreetGraph:
    """Ways along the streets of one city; none where either end is off its map."""

    def __init__(self, path: Path = BUNDLED) -> None:
        """Read nothing before the first question."""
        self._path = path
        self._networks: dict[Vehicle, _Searched | None] = {}

    @cached_property
    def city(self) -> City:
        """The streets as they are stored.

        :raises dispatch.travel.streets.file.UnreadableStreets: when the file holds none.
        """
        return read_city(self._path)

    def route(self, origin: Point, destination: Point, vehicle: Vehicle) -> list[Point] | None:
        """Return the points of the streets that the shortest way leads through, in order."""
        searched = self._searched(vehicle)
        return None if searched is None else searched.route(origin, destination)

    def way(self, origin: Point, destination: Point, vehicle: Vehicle) -> Way | None:
        """Return the shortest way."""
        searched = self._searched(vehicle)
        metres = None if searched is None else searched.metres(origin, destination)
        return None if metres is None else Way(metres / METRES_PER_MINUTE[vehicle], metres)

    def _searched(self, vehicle: Vehicle) -> "_Searched | None":
        if vehicle not in self._networks:
            network = self.city.network(vehicle)
            self._networks[vehicle] = None if network is None else _Searched(network)
        return self._networks[vehicle]


class _Searched:
    """One network, and how to get onto it."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._climber = Climber(hierarchy)
        self._find = lru_cache(KEPT_PLACES)(Nearest(hierarchy.places).find)

    @cached_property
    def _tracer(self) -> Tracer:
        return Tracer(self._hierarchy)

    def route(self, origin: Point, destination: Point) -> list[Point] | None:
        """From the street at one door to the street at the other."""
        here, there = self._find(origin), self._find(destination)
        if here is None or there is None:
            return None
        points = self._tracer.trace(here[0], there[0])
        return None if points is None else [self._hierarchy.places[point] for point in points]

    def metres(self, origin: Point, destination: Point) -> float | None:
        """From door to door: to the street, along it, and off it again."""
        here, there = self._find(origin), self._find(destination)
        if here is None or there is None:
            return None
        along = self._climber.decimetres(here[0], there[0])
        if along is None:
            return None
        return along / DECIMETRES + (here[1] + there[1]) * DETOUR
