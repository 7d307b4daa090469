"""Travel as an OSRM server tells it, by its table service (API version 1)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from dispatch.policy import Vehicle
from dispatch.travel.http import ask
from dispatch.travel.model import Matrix, Point, ServiceUnavailable, Way


PROFILES: Final[Mapping[Vehicle, str]] = MappingProxyType(
    {
        Vehicle.WALK: "foot",
        Vehicle.BICYCLE: "bike",
        Vehicle.SCOOTER: "car",
        Vehicle.CAR: "car",
    }
)
"""OSRM comes with these three; a scooter keeps to the streets of cars."""

Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Table(BaseModel):
    """The answer: seconds and metres by source and destination, null where there is no way."""

    code: Literal["Ok"]
    durations: list[list[Number | None]]
    distances: list[list[Number | None]]


class Osrm:
    """One or more `osrm-routed`: each serves one profile, so `{profile}` may stand in the URL."""

    most_points = 50
    """A table may have 100 coordinates by default, origins and destinations together."""

    def __init__(self, url: str) -> None:
        """Ask at `url`, such as `http://osrm-{profile}:5000`."""
        self._url = url.rstrip("/")

    def matrix(
        self, origins: Sequence[Point], destinations: Sequence[Point], vehicle: Vehicle
    ) -> Matrix:
        """Return all ways between them.

        :raises ServiceUnavailable: no answer in time, or none that can be read.
        """
        profile = PROFILES[vehicle]
        # OSRM puts the longitude first.
        places = ";".join(f"{east:.6f},{north:.6f}" for north, east in (*origins, *destinations))
        split = len(origins)
        sources = ";".join(map(str, range(split)))
        targets = ";".join(map(str, range(split, split + len(destinations))))
        table = ask(
            "GET",
            f"{self._url.replace('{profile}', profile)}/table/v1/{profile}/{places}"
            f"?sources={sources}&destinations={targets}&annotations=duration,distance",
            _Table,
        )
        shape = [len(destinations)] * split
        if [len(row) for row in table.durations] != shape or shape != [
            len(row) for row in table.distances
        ]:
            raise ServiceUnavailable("answered for other points than asked")
        return [
            [_way(*pair) for pair in zip(seconds, metres, strict=True)]
            for seconds, metres in zip(table.durations, table.distances, strict=True)
        ]


def _way(seconds: float | None, metres: float | None) -> Way | None:
    if seconds is None or metres is None:
        return None
    return Way(seconds / 60, metres)
