"""What is kept of a plan for people to look at: who does what when, and what is on no plan."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from dispatch.matching import Courier, Decision, Trip
from dispatch.zones.models import ZonePlan
from dispatch.zones.picture import Picture


ACCEPTED, ASKED, PLANNED = "accepted", "asked", "planned"
"""How firm a leg stands on a trip: a courier has it, is asked, or may be some day."""


def keep_plan(
    zone_id: UUID, record: Mapping[str, Any], *, planned_at: datetime, took_ms: int
) -> None:
    """Replace what is kept of the zone's last plan."""
    values = {"planned_at": planned_at, "took_ms": took_ms, "content": record}
    if not ZonePlan.objects.filter(pk=zone_id).update(**values):
        # An owner that was overtaken may be about to keep its first plan too.
        ZonePlan.objects.update_or_create(pk=zone_id, defaults=values)


def plan_record(decision: Decision, picture: Picture, offered: frozenset[str]) -> dict[str, Any]:
    """Shape of `ZonePlan.content`, by ids; `offered` are the legs that were just offered."""
    return {
        "cost": round(decision.cost, 1),
        "rounds": decision.rounds,
        "couriers": [
            _courier(each, decision.plans[each.id], picture, offered)
            for each in picture.zone.couriers
        ],
        "unplanned": [
            {"id": leg_id, "why": {why.value: count for why, count in counts.items()}}
            for leg_id, counts in decision.obstacles.items()
        ],
        "unplanned_count": len(decision.unassigned),
    }


def _courier(
    courier: Courier, trips: tuple[Trip, ...], picture: Picture, offered: frozenset[str]
) -> dict[str, Any]:
    at = picture.moment.at
    return {
        "id": courier.id,
        "free_at": at(courier.free_at).isoformat(),
        "carried_count": picture.shifts[courier.id].active_count,
        "trips": [
            {
                "leave_at": at(trip.leave_at).isoformat(),
                "pickup_at": at(trip.pickup_at).isoformat(),
                "shop": trip.shop,
                "legs": [
                    {
                        "id": leg_id,
                        "status": _status(leg_id, picture, offered),
                        "dropoff_at": at(dropoff_at).isoformat(),
                    }
                    for leg_id, dropoff_at in zip(trip.leg_ids, trip.dropoff_at, strict=True)
                ],
            }
            for trip in trips
        ],
    }


def _status(leg_id: str, picture: Picture, offered: frozenset[str]) -> str:
    if leg_id in picture.waiting:
        return ASKED if leg_id in offered else PLANNED
    return ASKED if leg_id in picture.asked else ACCEPTED


def legs_of(content: Mapping[str, Any]) -> Iterator[UUID]:
    """Yield the ids of all legs that a record names."""
    for courier in content["couriers"]:
        for trip in courier["trips"]:
            yield from (UUID(leg["id"]) for leg in trip["legs"])
    yield from (UUID(leg["id"]) for leg in content["unplanned"])
