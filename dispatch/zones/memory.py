"""What a planner remembers of a zone from plan to plan; all of it may be lost without harm."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from dispatch.matching.model import Tentative
from dispatch.matching.roads import Roads


Times: TypeAlias = tuple[datetime | None, datetime | None]
"""When an order was ready, and when it is promised to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The last plan of a zone."""

    planned_at: datetime
    roads: Roads
    tentative: Tentative = field(default_factory=dict)
    kitchens: Mapping[UUID, Times] = field(default_factory=dict)
    """Of every leg that waited for a courier."""


def get_surprised(memories: Mapping[UUID, Memory]) -> set[UUID]:
    """Return the zones whose kitchens are earlier or later than the last plan knew.

    One statement, however many legs wait.
    """
    rows = DeliveryLeg.objects.filter(
        order__merchant__zone__in=list(memories),
        state=LegState.UNASSIGNED,
        search__ended_at__isnull=True,
    ).values_list("pk", "order__merchant__zone", "order__ready_at", "order__promised_ready_at")
    found = set()
    for leg_id, zone_id, *times in rows:
        known = memories[zone_id].kitchens.get(leg_id)
        if known is not None and known != tuple(times):
            found.add(zone_id)
    return found
