"""Couriers' shifts, the search for a courier of each leg, and the offers it makes."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models

from core.changes import StoresChanges
from core.identifiers import new_id
from core.legs.models import DeliveryLeg
from dispatch.habits.models import HabitMark, ShopHabit
from dispatch.policy import CAPACITY, Cause, Mode, Vehicle
from dispatch.positions.models import TrailPoint
from dispatch.states import (
    OfferState,
    OfferTrigger,
    ShiftState,
    ShiftTrigger,
    next_offer_state,
    next_shift_state,
)
from dispatch.zones.models import Dispatcher, ZoneLease, ZonePlan, ZoneSettings


__all__ = [
    "CourierSearch",
    "CourierShift",
    "Dispatcher",
    "HabitMark",
    "Offer",
    "ShopHabit",
    "TrailPoint",
    "ZoneLease",
    "ZonePlan",
    "ZoneSettings",
]


def _choices(enum: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in enum]


class CourierShift(StoresChanges):
    """One courier's readiness and last known place; locked after orders, legs and offers."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="shift"
    )
    state = models.CharField(
        max_length=8, choices=_choices(ShiftState), default=ShiftState.OFFLINE
    )
    version = models.PositiveIntegerField(default=1)
    vehicle = models.CharField(max_length=8, choices=_choices(Vehicle), default=Vehicle.SCOOTER)
    capacity = models.PositiveSmallIntegerField(default=CAPACITY[Vehicle.SCOOTER])
    """Legs at a time."""
    auto_accept = models.BooleanField(default=False)
    offline_cause = models.CharField(max_length=20, blank=True, choices=_choices(Cause))
    changed_at = models.DateTimeField(null=True)
    """When the courier last went on or off line."""

    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    accuracy_metres = models.FloatField(null=True)
    position_at = models.DateTimeField(null=True)
    """When the courier was there, by the device's clock, never in our future."""
    last_seen_at = models.DateTimeField(null=True)
    sampled_at = models.DateTimeField(null=True)
    """When the last point of the courier's trail was; where Redis has the positions, about when
    these columns were last written."""

    active_count = models.PositiveSmallIntegerField(default=0)
    """Legs this courier has and has not finished."""
    ignored_streak = models.PositiveSmallIntegerField(default=0)
    """Offers in a row that went unanswered."""
    idle_since = models.DateTimeField(null=True)
    """Since when the courier is on line without a leg."""

    hint = models.JSONField(null=True)
    """Where the courier had better wait: shop, place, and until when that counts."""
    hinted_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "latitude"], name="shift_place")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state=ShiftState.OFFLINE.value)
                | models.Q(
                    latitude__isnull=False, longitude__isnull=False, position_at__isnull=False
                ),
                name="shift_online_has_place",
            ),
        ]

    @property
    def is_online(self) -> bool:
        """Whether the courier takes offers."""
        return self.state == ShiftState.ONLINE

    @property
    def is_full(self) -> bool:
        """Whether no further leg fits."""
        return self.active_count >= self.capacity

    def apply(self, trigger: ShiftTrigger, *, now: datetime, cause: str = "") -> None:
        """Go on or off line; the caller holds the row lock and saves."""
        self.state = next_shift_state(ShiftState(self.state), trigger)
        self.version += 1
        self.changed_at = now
        self.offline_cause = cause
        self.ignored_streak = 0
        self.hint = self.hinted_at = None
        self.idle_since = now if self.is_online and not self.active_count else None

    def set_auto_accept(self, *, value: bool) -> None:
        """Take every offer unseen, or not; the caller holds the row lock and saves."""
        self.auto_accept = value
        self.version += 1

    def give_hint(self, hint: dict[str, Any], *, now: datetime) -> None:
        """Show where to wait; the caller holds the row lock and saves."""
        self.hint, self.hinted_at = hint, now
        self.version += 1

    def count_legs(self, count: int, *, now: datetime) -> None:
        """Note how many legs the courier has; the caller holds the row lock and saves."""
        if count == 0 and self.active_count and self.is_online:
            self.idle_since = now
        elif count:
            self.idle_since = None
        self.active_count = count


class CourierSearch(StoresChanges):
    """The search for a leg's courier: guarded by the order's row lock, like the leg."""

    leg = models.OneToOneField(
        DeliveryLeg, primary_key=True, on_delete=models.CASCADE, related_name="search"
    )
    started_at = models.DateTimeField()
    """The ladder's zero; a hold moves it."""
    held_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    """When the leg found its courier or stopped to need one."""
    latitude = models.FloatField()
    """Of the shop, so that a courier who comes on line finds the searches nearby."""
    longitude = models.FloatField()
    round = models.PositiveIntegerField(default=0)
    rung_count = models.PositiveSmallIntegerField(default=0)
    """How many rungs of the ladder this search has climbed."""
    excluded = models.JSONField(default=list)
    """Ids of couriers an operator does not want for this leg."""
    pinned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """The only courier who may be asked, as an operator wants."""
    pinned_at = models.DateTimeField(null=True)
    pin_reason = models.CharField(max_length=120, blank=True)
    ranking = models.JSONField(default=dict)
    """The last round's scores, and why the others were skipped."""
    plan_wanted_at = models.DateTimeField(null=True, db_index=True)
    """Since when the zone's owner has been asked for a plan, in zones that have one."""
    courier = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """Who has the leg as far as load is counted."""

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ended_at", "latitude"], name="search_place")]

    @property
    def is_running(self) -> bool:
        """Whether offers may be made."""
        return self.ended_at is None and self.held_at is None

    def start(self, *, now: datetime) -> None:
        """Begin, or begin again from the first rung; the caller saves."""
        self.started_at = now
        self.held_at = self.ended_at = self.plan_wanted_at = None
        self.rung_count = 0

    def end(self, *, now: datetime) -> None:
        """Look no more; the caller saves."""
        self.ended_at = self.ended_at or now
        self.plan_wanted_at = None

    def pin(self, courier_id: UUID, *, reason: str, now: datetime) -> None:
        """Let nobody else be asked; the caller saves."""
        self.pinned_to_id, self.pinned_at, self.pin_reason = courier_id, now, reason
        self.excluded = [each for each in self.excluded if each != str(courier_id)]

    def unpin(self) -> None:
        """Let everybody be asked; the caller saves."""
        self.pinned_to_id, self.pinned_at, self.pin_reason = None, None, ""

    def hold(self, *, now: datetime) -> None:
        """Look no more for a while; the caller saves."""
        self.held_at = now
        self.plan_wanted_at = None


class Offer(StoresChanges):
    """One leg offered to one courier; guarded by the order's row lock."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    leg = models.ForeignKey(DeliveryLeg, on_delete=models.CASCADE, related_name="offers")
    courier = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="offers"
    )
    state = models.CharField(max_length=10, choices=_choices(OfferState), default=OfferState.OPEN)
    version = models.PositiveIntegerField(default=1)
    mode = models.CharField(max_length=8, choices=_choices(Mode))
    round = models.PositiveIntegerField()
    bonus_minor = models.PositiveIntegerField(default=0)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=20, blank=True, choices=_choices(Cause))
    """Why it was withdrawn."""
    decline_reason = models.CharField(max_length=40, blank=True)
    terms = models.JSONField(default=dict)
    """What the courier was shown, frozen: order, shop, area, distances, fee."""
    reason = models.JSONField(default=dict)
    """Why this courier: {"code", "sentence", "score"}."""

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["courier", "state"], name="offer_courier"),
            models.Index(fields=["leg", "state"], name="offer_leg"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["leg", "courier", "round"], name="offer_once_a_round"),
            models.CheckConstraint(
                condition=models.Q(state=OfferState.OPEN.value, ended_at__isnull=True)
                | (~models.Q(state=OfferState.OPEN.value) & models.Q(ended_at__isnull=False)),
                name="offer_ended_has_time",
            ),
        ]

    @property
    def is_open(self) -> bool:
        """Whether the courier may still answer, as far as the row knows."""
        return self.state == OfferState.OPEN

    def apply(self, trigger: OfferTrigger, *, now: datetime, cause: str = "") -> None:
        """Move along the table; the caller holds the order's lock and saves.

        :raises dispatch.states.IllegalOfferTransition: when the table has no such pair.
        """
        self.state = next_offer_state(OfferState(self.state), trigger)
        self.version += 1
        self.ended_at = now
        self.cause = cause

    def view(self) -> dict[str, Any]:
        """What the courier sees; everything in it changes with the version only."""
        return {
            **self.terms,
            "id": str(self.id),
            "leg_id": str(self.leg_id),
            "state": self.state,
            "mode": self.mode,
            "round": self.round,
            "bonus_minor": self.bonus_minor,
            "reason": self.reason["sentence"],
            "reason_code": self.reason["code"],
            "offered_at": self.offered_at,
            "expires_at": self.expires_at,
            "cause": self.cause,
            "open": self.is_open,
            "ended_at": self.ended_at,
        }
