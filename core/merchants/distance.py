"""Great-circle distance, and the box that holds a circle on the map."""

from dataclasses import dataclass
from math import asin, cos, degrees, radians, sin, sqrt


EARTH_RADIUS_METRES = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Box:
    """Latitudes and longitudes that contain a circle; may contain a little more."""

    south: float
    north: float
    west: float
    east: float


def metres_between(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> float:
    """Haversine distance between two points given in degrees."""
    north, south = radians(latitude), radians(other_latitude)
    half = sin((south - north) / 2) ** 2
    half += cos(north) * cos(south) * sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_METRES * asin(sqrt(min(1.0, half)))


def box_around(latitude: float, longitude: float, radius_metres: float) -> Box:
    """Return the box to look in before measuring; not for circles that hold a pole."""
    rise = degrees(radius_metres / EARTH_RADIUS_METRES)
    spread = rise / max(cos(radians(latitude)), 0.01)
    return Box(
        south=latitude - rise,
        north=latitude + rise,
        west=longitude - spread,
        east=longitude + spread,
    )
