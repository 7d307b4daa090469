"""Metres and degrees in a small city: flat-earth arithmetic, exact to a metre at this size."""

import math
from dataclasses import dataclass


METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Place:
    """A point in degrees."""

    latitude: float
    longitude: float

    def moved(self, *, east: float, north: float) -> "Place":
        """The point that many metres away."""
        scale = METRES_PER_DEGREE * math.cos(math.radians(self.latitude))
        return Place(
            round(self.latitude + north / METRES_PER_DEGREE, 6),
            round(self.longitude + east / scale, 6),
        )

    def metres_to(self, other: "Place") -> float:
        """Straight distance to `other`."""
        scale = METRES_PER_DEGREE * math.cos(math.radians(self.latitude))
        return math.hypot(
            (other.longitude - self.longitude) * scale,
            (other.latitude - self.latitude) * METRES_PER_DEGREE,
        )

    def towards(self, other: "Place", metres: float) -> "Place":
        """The point `metres` along the straight way to `other`, not beyond it."""
        distance = self.metres_to(other)
        if distance <= metres:
            return other
        share = metres / distance
        return Place(
            self.latitude + (other.latitude - self.latitude) * share,
            self.longitude + (other.longitude - self.longitude) * share,
        )
