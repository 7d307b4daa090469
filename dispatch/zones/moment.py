"""The moment at which a zone is looked at: times as the optimiser counts, kitchens as known."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.orders.models import Order
from dispatch.habits.queries import Habits


MINUTE: Final = timedelta(minutes=1)
DAY_MINUTES: Final = 24 * 60


def ready_of(order: Order) -> datetime:
    """When the food is ready, or was promised to be."""
    begun_at = begun_of(order)
    expected = begun_at + order.merchant.preparation_minutes_at(begun_at) * MINUTE
    return order.ready_at or order.promised_ready_at or expected


def begun_of(order: Order) -> datetime:
    """When the kitchen learned of the order."""
    return order.accepted_at or order.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Now, and what history says."""

    now: datetime
    habits: Habits

    @property
    def minute(self) -> float:
        """Now, as the optimiser counts: minutes of the day, so that its turns go on."""
        return float(int(self.now.timestamp()) // 60 % DAY_MINUTES)

    def minutes(self, at: datetime) -> float:
        """Return a time as the optimiser counts it."""
        return self.minute + (at - self.now) / MINUTE

    def at(self, minutes: float) -> datetime:
        """Return the time that the optimiser counts so."""
        return self.now + (minutes - self.minute) * MINUTE

    def ready_at(self, order: Order) -> float:
        """When the food is, or will probably be, ready."""
        if order.ready_at is not None:
            return self.minutes(order.ready_at)
        return self.habits.kitchen(order.merchant_id).ready_at(
            begun_at=self.minutes(begun_of(order)),
            promised_at=self.minutes(ready_of(order)),
            now=self.minute,
        )
