"""Travel as a Valhalla server tells it, by its time-distance matrix service."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from dispatch.policy import Vehicle
from dispatch.travel.http import ask
from dispatch.travel.model import Matrix, Point, ServiceUnavailable, Way


COSTING: Final[Mapping[Vehicle, str]] = MappingProxyType(
    {
        Vehicle.WALK: "pedestrian",
        Vehicle.BICYCLE: "bicycle",
        Vehicle.SCOOTER: "motor_scooter",
        Vehicle.CAR: "auto",
    }
)

Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Pair(BaseModel):
    """Seconds and kilometres from one source to one target; null where there is no way."""

    from_index: int
    to_index: int
    time: Number | None = None
    distance: Number | None = None


class _Answer(BaseModel):
    """A row for each source."""

    units: Literal["kilometers"]
    sources_to_targets: list[list[_Pair]]


class Valhalla:
    """One Valhalla service."""

    most_points = 50
    """A matrix may have 2,500 pairs by default; pedestrians' too."""

    def __init__(self, url: str) -> None:
        """Ask at `url`, such as `http://valhalla:8002`."""
        self._url = f"{url.rstrip('/')}/sources_to_targets"

    def matrix(
        self, origins: Sequence[Point], destinations: Sequence[Point], vehicle: Vehicle
    ) -> Matrix:
        """Return all ways between them.

        :raises ServiceUnavailable: no answer in time, or none that can be read.
        """
        question = {
            "sources": _places(origins),
            "targets": _places(destinations),
            "costing": COSTING[vehicle],
            "units": "kilometers",
            "verbose": True,
        }
        answer = ask("POST", self._url, _Answer, json=question)
        found: Matrix = [[None] * len(destinations) for _ in origins]
        pairs = [pair for row in answer.sources_to_targets for pair in row]
        if {(pair.from_index, pair.to_index) for pair in pairs} != {
            (here, there) for here in range(len(origins)) for there in range(len(destinations))
        }:
            raise ServiceUnavailable("answered for other points than asked")
        for pair in pairs:
            if pair.time is not None and pair.distance is not None:
                found[pair.from_index][pair.to_index] = Way(pair.time / 60, pair.distance * 1000)
        return found


def _places(points: Iterable[Point]) -> list[dict[str, Any]]:
    return [{"lat": round(north, 6), "lon": round(east, 6)} for north, east in points]
