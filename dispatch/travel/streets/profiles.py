"""Which streets a vehicle may use, told by the tags of OpenStreetMap."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dispatch.policy import Vehicle


STREETS: Final = frozenset(
    {
        *("primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link"),
        *("unclassified", "residential", "living_street", "service", "road"),
    }
)
FAST: Final = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
PATHS: Final = frozenset({"path", "cycleway", "pedestrian", "track", "footway", "bridleway"})
CLOSED: Final = frozenset({"no", "private", "psv"})
OPEN: Final = frozenset({"yes", "designated", "permissive", "destination", "dismount"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One vehicle's rights."""

    highways: frozenset[str]
    rights: tuple[str, ...]
    """Tags that speak of this vehicle, the most particular first; `access` speaks of all."""
    obeys_oneway: bool


PROFILES: Final[Mapping[Vehicle, Profile]] = MappingProxyType(
    {
        Vehicle.WALK: Profile(
            highways=STREETS | PATHS | {"steps", "platform"}, rights=("foot",), obeys_oneway=False
        ),
        Vehicle.BICYCLE: Profile(
            highways=STREETS | PATHS, rights=("bicycle",), obeys_oneway=False
        ),
        Vehicle.SCOOTER: Profile(
            highways=STREETS, rights=("moped", "motor_vehicle"), obeys_oneway=True
        ),
        Vehicle.CAR: Profile(
            highways=STREETS | FAST, rights=("motorcar", "motor_vehicle"), obeys_oneway=True
        ),
    }
)


def directions(tags: Mapping[str, str], profile: Profile) -> tuple[bool, bool]:
    """Tell whether the vehicle may use a street as it is drawn, and against that."""
    if tags.get("highway") not in profile.highways or not _is_allowed(tags, profile):
        return False, False
    if not profile.obeys_oneway:
        return True, True
    oneway = tags.get("oneway", "")
    if oneway in ("-1", "reverse"):
        return False, True
    is_single = oneway in ("yes", "true", "1")
    is_single |= not oneway and (
        tags.get("junction") == "roundabout" or tags["highway"] in ("motorway", "motorway_link")
    )
    return True, not is_single


def _is_allowed(tags: Mapping[str, str], profile: Profile) -> bool:
    for name in (*profile.rights, "access"):
        said = tags.get(name)
        if said in OPEN:
            return True
        if said in CLOSED:
            return False
    return True
