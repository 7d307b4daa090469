"""Asks for the ways that a plan will look at, before it looks; outside transactions."""

from dispatch.matching import Zone
from dispatch.travel.selection import travel


def prepare_ways(zone: Zone) -> None:
    """Have the routing service asked, if there is one: to shops first, then to doors."""
    if not travel().asks:
        return
    committed = [leg for courier in zone.couriers for trip in courier.committed for leg in trip]
    legs = [*zone.legs, *committed]
    shops, doors = [leg.pickup for leg in legs], [leg.dropoff for leg in legs]
    for vehicle in {courier.vehicle for courier in zone.couriers}:
        starts = [courier.at for courier in zone.couriers if courier.vehicle is vehicle]
        travel().prepare(starts, shops, vehicle)
        travel().prepare(shops, doors, vehicle)
        travel().prepare(doors, [*shops, *doors], vehicle)
