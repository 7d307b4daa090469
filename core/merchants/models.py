"""Shops: where they are, when they are open, what they sell."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core.identifiers import new_id


LATITUDE = (MinValueValidator(-90), MaxValueValidator(90))
LONGITUDE = (MinValueValidator(-180), MaxValueValidator(180))


class PauseCause(StrEnum):
    """What began a pause."""

    BY_HAND = "by_hand"  # somebody of the shop, or an operator
    MISSED_ORDERS = "missed_orders"  # several orders in a row went unanswered
    NO_BOARD = "no_board"  # nobody would hear an order come


class Zone(models.Model):
    """A part of a city that is dispatched as one; a circle for now."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    time_zone = models.CharField(max_length=40, default="Asia/Shanghai")
    latitude = models.FloatField(validators=LATITUDE)
    longitude = models.FloatField(validators=LONGITUDE)
    radius_metres = models.PositiveIntegerField(default=6000)
    proof_policy = models.JSONField(default=dict, blank=True)
    """What of `core.proofs.policy.ProofPolicy` the zone has set for itself."""
    proof_policy_version = models.PositiveIntegerField(default=1)

    def set_proof_policy(self, policy: dict[str, Any]) -> None:
        """Want other proofs from now on."""
        self.proof_policy = policy
        self.proof_policy_version += 1


class Merchant(models.Model):
    """One shop."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40, default="restaurant")
    phone = models.CharField(max_length=20, blank=True)
    address = models.CharField(max_length=200, blank=True)
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="merchants")
    latitude = models.FloatField(validators=LATITUDE)
    longitude = models.FloatField(validators=LONGITUDE)
    currency = models.CharField(max_length=3, default="CNY")
    preparation_minutes = models.PositiveSmallIntegerField(default=12)
    delivery_fee_minor = models.PositiveIntegerField(default=500)
    auto_accept = models.BooleanField(default=False)
    is_open = models.BooleanField(default=True)
    """The shop's own switch; opening hours apply on top."""
    paused_until = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=40, blank=True)
    pause_cause = models.CharField(
        max_length=16, blank=True, choices=[(cause.value, cause.name) for cause in PauseCause]
    )
    """What began the pause; empty when there is none."""
    needs_board = models.BooleanField(default=True)
    """Whether orders are answered at a board; false where a point of sale answers them."""
    busy_minutes = models.PositiveSmallIntegerField(default=0)
    """How much longer preparation takes just now; 0 when it does not."""
    busy_until = models.DateTimeField(null=True)
    """When that ends by itself; null for not before somebody says so."""
    missed_streak = models.PositiveSmallIntegerField(default=0)
    """Orders in a row that were not answered in time."""
    strike_count = models.PositiveIntegerField(default=0)
    """Orders that ended by the shop's fault."""
    next_order_number = models.PositiveIntegerField(default=1)
    is_followed = models.BooleanField(default=False)
    """Whether programs of the shop are told of its events: read with every order for nothing."""
    version = models.PositiveIntegerField(default=1)

    def switch(self, *, is_open: bool) -> None:
        """Turn the shop's own switch; either way a pause ends and the count of misses too."""
        self.is_open = is_open
        self.resume()

    def pause(
        self, *, until: datetime, reason: str, cause: PauseCause = PauseCause.BY_HAND
    ) -> None:
        """Take no orders for a while."""
        self.paused_until = until
        self.pause_reason, self.pause_cause = reason, cause
        self.version += 1

    def resume(self) -> None:
        """Take orders again."""
        self.paused_until = None
        self.pause_reason = self.pause_cause = ""
        self.missed_streak = 0
        self.version += 1

    def be_busy(self, *, minutes: int, until: datetime | None) -> None:
        """Take so many minutes longer, until then or until told otherwise; 0 ends it."""
        self.busy_minutes, self.busy_until = minutes, until
        self.version += 1

    def busy_minutes_at(self, moment: datetime) -> int:
        """How much longer what is begun at `moment` takes."""
        is_over = self.busy_until is not None and moment >= self.busy_until
        return 0 if is_over else self.busy_minutes

    def preparation_minutes_at(self, moment: datetime) -> int:
        """How long what is begun at `moment` takes to prepare."""
        return self.preparation_minutes + self.busy_minutes_at(moment)

    def need_board(self, *, value: bool) -> None:
        """Have its boards watched, or not."""
        self.needs_board = value
        self.version += 1

    def miss_order(self) -> None:
        """Count an order that nobody answered."""
        self.missed_streak += 1
        self.strike_count += 1


class OpeningHours(models.Model):
    """One weekly opening span in the zone's local time; a shop without any is always open."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)])
    """0 is Monday."""
    opens_at = models.TimeField()
    closes_at = models.TimeField()
    """Not later than `opens_at` means: on the next day."""


class MenuItem(models.Model):
    """Something to order; `stock` counts what is left, null means no limit."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="items")
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    price_minor = models.PositiveIntegerField()
    stock = models.PositiveIntegerField(null=True)
    is_sold_out = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["position", "id"]

    def sell_out(self) -> None:
        """Take it off until restored."""
        self.is_sold_out = True
        self.version += 1

    def restore(self, *, stock: int | None) -> None:
        """Offer it again; `stock` of null means as many as anybody likes."""
        self.is_sold_out = False
        self.stock = stock
        self.version += 1
