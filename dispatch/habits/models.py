"""What was learned of each shop, and up to which leg."""

from datetime import datetime, timedelta
from typing import Final

from django.db import models

from core.merchants.models import Merchant
from dispatch.matching.learning import HOURS, Kitchen, Sales


HALF_LIFE: Final = timedelta(days=7)
"""After which what was seen counts half."""


def no_sales() -> list[float]:
    """Value of `ShopHabit.hours` before anything was seen."""
    return [0.0] * HOURS


class ShopHabit(models.Model):
    """One shop's sums, as of `learnt_at`; see `dispatch.matching.learning`."""

    # As of `ZoneLease`: no lock of the shop's row, and a shop is not deleted while it has legs.
    merchant = models.OneToOneField(
        Merchant,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="habit",
        db_constraint=False,
    )
    hours = models.JSONField(default=no_sales)
    """Orders by hour of the zone's day."""
    kitchen_count = models.FloatField(default=0.0)
    kitchen_total = models.FloatField(default=0.0)
    kitchen_squares = models.FloatField(default=0.0)
    learnt_at = models.DateTimeField()

    def sales(self, now: datetime) -> Sales:
        """What was sold, as much as it counts at `now`."""
        return Sales(hours=tuple(self.hours)).aged(self._part(now))

    def kitchen(self, now: datetime) -> Kitchen:
        """How far its kitchen keeps its word, as much as it counts at `now`."""
        seen = Kitchen(
            count=self.kitchen_count, total=self.kitchen_total, squares=self.kitchen_squares
        )
        return seen.aged(self._part(now))

    def learn(self, sales: Sales, kitchen: Kitchen, *, now: datetime) -> None:
        """Replace the sums by those of `now`; the caller saves."""
        self.hours = [round(each, 4) for each in sales.hours]
        self.kitchen_count, self.kitchen_total = kitchen.count, kitchen.total
        self.kitchen_squares, self.learnt_at = kitchen.squares, now

    def _part(self, now: datetime) -> float:
        return float(0.5 ** (max(now - self.learnt_at, timedelta(0)) / HALF_LIFE))


class HabitMark(models.Model):
    """The last leg from which something was learned."""

    subject = models.CharField(primary_key=True, max_length=10)
    """`sales` or `kitchens`."""
    leg_id = models.UUIDField()
