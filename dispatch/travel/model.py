"""What every way of measuring travel takes and gives."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

from dispatch.policy import Vehicle


Point: TypeAlias = tuple[float, float]
"""Latitude and longitude in degrees."""


class Way(NamedTuple):
    """How far it is from one point to another, for one vehicle."""

    minutes: float
    metres: float


Matrix: TypeAlias = list[list[Way | None]]
"""Ways by origin and destination; none where no way is known."""


class Engine(Protocol):
    """Knows ways without asking anybody: fast enough to be called inside a transaction."""

    def way(self, origin: Point, destination: Point, vehicle: Vehicle) -> Way | None:
        """Return the way, or nothing where the engine knows none."""
        ...


class Service(Protocol):
    """Asks another machine, for many ways at once; never inside a transaction."""

    most_points: int
    """Origins, and destinations, of one question."""

    def matrix(
        self, origins: Sequence[Point], destinations: Sequence[Point], vehicle: Vehicle
    ) -> Matrix:
        """Return all ways between them.

        :raises ServiceUnavailable: no answer in time, or none that can be read.
        """
        ...


class ServiceUnavailable(Exception):
    """The routing service did not answer as it should."""
