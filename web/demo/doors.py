"""Doors of the demonstration city: places on its streets, with the streets' own names.

Picked from the same map as `dispatch/travel/streets` (© OpenStreetMap contributors, ODbL 1.0):
named streets that a scooter reaches from the centre, at most one door in each 220 m.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from web.demo.geometry import Place


class Door(NamedTuple):
    """One place where somebody may live, or a shop may be."""

    place: Place
    street: str


@lru_cache(maxsize=1)
def doors() -> tuple[Door, ...]:
    """All of them, from south to north."""
    rows = json.loads(Path(__file__).with_name("doors.json").read_text(encoding="utf-8"))
    return tuple(Door(Place(latitude, longitude), street) for latitude, longitude, street in rows)


def door_near(place: Place) -> Door:
    """The nearest of them."""
    return min(doors(), key=lambda door: door.place.metres_to(place))
