"""When a courier took a step: by the device's clock, as far as that can be believed.

A device without a connection keeps the steps and sends them later, so that two moments belong to
each: when the device says that it happened, and when we learned of it. The leg's times are the
first, the order's are the second; the fact of the step carries both.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.legs.models import DeliveryLeg
from core.orders.moments import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the courier's device says of a step."""

    at: datetime | None = None
    """By its own clock, set after ours when it last heard of us."""
    counter: int | None = None
    """Counts the steps that the device has kept, so that their order outlives its clock."""
    is_offline: bool = False
    """The device had no connection when the step was taken."""

    def moment(self, leg: DeliveryLeg, *, now: datetime) -> datetime:
        """Return when the step happened: not before the one before it, and not in the future."""
        if self.at is None:
            return now
        earliest = max(leg.step_times(), default=leg.created_at)
        return min(max(self.at, earliest), now)

    def facts(self, moment: datetime, *, now: datetime) -> dict[str, Any]:
        """Return what the fact of the step keeps of it; nothing when the device said nothing."""
        if self.at is None:
            return {}
        return {
            "occurred_at": iso(moment),
            "received_at": iso(now),
            "device_at": iso(self.at),
            "counter": self.counter,
            "is_offline": self.is_offline,
        }


JUST_NOW: Final = Taken()
"""Somebody with a connection, or no device at all."""
