"""Delivery legs: the courier's part of an order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models

from core.changes import StoresChanges
from core.identifiers import new_id
from core.legs.ladder import Rung
from core.legs.states import LegState, LegTrigger, next_state
from core.orders.models import Order
from core.people.models import Person


STEP_TIMES = {
    LegState.ASSIGNED: "assigned_at",
    LegState.AT_PICKUP: "at_pickup_at",
    LegState.PICKED_UP: "picked_up_at",
    LegState.AT_DROPOFF: "at_dropoff_at",
    LegState.FAILED: "failed_at",
    LegState.RETURNING: "returning_at",
    LegState.DELIVERED: "ended_at",
    LegState.RETURNED: "ended_at",
    LegState.CANCELLED: "ended_at",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """What a courier is promised for a leg, in the order's currency."""

    fee_minor: int = 0
    bonus_minor: int = 0


class DeliveryLeg(StoresChanges):
    """One trip from the shop to the customer; guarded by its order's row lock."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="leg")
    state = models.CharField(
        max_length=12, choices=[(state.value, state.value) for state in LegState],
        default=LegState.UNASSIGNED,
    )  # fmt: skip
    version = models.PositiveIntegerField(default=1)
    courier = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="legs"
    )
    created_at = models.DateTimeField()
    assigned_at = models.DateTimeField(null=True)
    at_pickup_at = models.DateTimeField(null=True)
    picked_up_at = models.DateTimeField(null=True)
    at_dropoff_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    returning_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    near_pickup_at = models.DateTimeField(null=True)
    """When the courier was first seen close to the shop."""
    near_dropoff_at = models.DateTimeField(null=True)
    """When the courier, with the order, was first seen close to the door."""
    eta_at = models.DateTimeField(null=True)
    assignment_reason = models.JSONField(default=dict)
    """Candidates, scores and why the others were skipped."""
    fee_minor = models.PositiveIntegerField(default=0)
    """What its courier was promised for it, in the order's currency."""
    bonus_minor = models.PositiveIntegerField(default=0)
    """What was promised on top, as nobody took it sooner."""
    search_rung = models.CharField(
        max_length=16, blank=True, choices=[(rung.value, rung.name) for rung in Rung]
    )
    """The last rung that the search for a courier has climbed."""
    search_escalated_at = models.DateTimeField(null=True)
    """When the shop was asked what to do, as nobody takes it."""
    search_waits_until = models.DateTimeField(null=True)
    """How long the shop wants to wait for a courier; the search does not give up before."""
    failure_reason = models.CharField(max_length=40, blank=True)
    failure_photo = models.UUIDField(null=True)
    """The picture (`ProofFile`) that the courier took of the failure."""
    attempt_count = models.PositiveSmallIntegerField(default=1)
    """Grows when an operator sends the courier to the door again."""
    proof = models.JSONField(null=True)
    """How delivery was proven: {"kind": "pin", "at": ..., "is_verified": true, ...}."""

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["courier", "ended_at"], name="leg_courier"),
            models.Index(fields=["state"], name="leg_state"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(courier__isnull=False)
                | ~models.Q(
                    state__in=["assigned", "at_pickup", "picked_up", "at_dropoff", "delivered"]
                ),
                name="leg_on_the_way_has_courier",
            ),
        ]

    def apply(self, trigger: LegTrigger, *, now: datetime) -> None:
        """Move along the table and stamp the step; the caller holds the order's lock and saves.

        :raises core.legs.states.IllegalLegTransition: when the table has no such pair.
        """
        before = LegState(self.state)
        after = next_state(before, trigger)
        self.version += 1
        if after is not before:
            self.state = after
            if after in STEP_TIMES:
                setattr(self, STEP_TIMES[after], now)

    @property
    def suggested(self) -> LegTrigger | None:
        """The step that the courier's place suggests; only the courier takes it."""
        if self.state == LegState.ASSIGNED and self.near_pickup_at is not None:
            return LegTrigger.ARRIVE_PICKUP
        if self.state == LegState.PICKED_UP and self.near_dropoff_at is not None:
            return LegTrigger.ARRIVE_DROPOFF
        return None

    def come_near(self, *, now: datetime) -> None:
        """Note that the courier is close to where the leg leads next."""
        if self.state == LegState.ASSIGNED:
            self.near_pickup_at = now
        else:
            self.near_dropoff_at = now
        self.version += 1

    def step_times(self) -> list[datetime]:
        """When the steps so far were taken."""
        times = (getattr(self, name) for name in STEP_TIMES.values())
        return [each for each in times if each is not None]

    def fail(self, *, reason: str, photo: UUID | None, at: datetime) -> None:
        """Let the order not reach the customer."""
        self.apply(LegTrigger.FAIL, now=at)
        self.failure_reason, self.failure_photo = reason, photo

    def reattempt(self, *, now: datetime) -> None:
        """Let the courier try again; when the order was picked up stays what it was."""
        picked_up_at = self.picked_up_at
        self.apply(LegTrigger.REATTEMPT, now=now)
        self.picked_up_at = picked_up_at
        self.near_dropoff_at = self.at_dropoff_at = self.failed_at = self.returning_at = None
        self.failure_reason, self.failure_photo = "", None
        self.attempt_count += 1

    def give_to(self, courier: Person, *, pay: Pay, reason: dict[str, Any], now: datetime) -> None:
        """Let the courier carry it for what was promised."""
        self.apply(LegTrigger.ASSIGN, now=now)
        self.courier = courier
        self.fee_minor, self.bonus_minor = pay.fee_minor, pay.bonus_minor
        self._forget_search()
        self.assignment_reason = reason

    def raise_search(self, rung: Rung, *, now: datetime) -> None:
        """Note the rung that the search has climbed, and when the shop is asked by it."""
        self.search_rung = rung
        if rung is Rung.ASK_SHOP:
            self.search_escalated_at = now
        self.version += 1

    def wait(self, *, until: datetime, now: datetime) -> None:
        """Let the shop wait for a courier: it is asked again then."""
        self.apply(LegTrigger.WAIT, now=now)
        self.search_waits_until, self.search_escalated_at = until, None

    def ask_again(self, *, now: datetime) -> None:
        """Ask the shop once more, as the time it gave is over."""
        self.search_waits_until, self.search_escalated_at = None, now
        self.version += 1

    def _forget_search(self) -> None:
        self.search_rung = ""
        self.search_escalated_at = self.search_waits_until = None

    def take_back(self, *, now: datetime) -> None:
        """Let nobody carry it; the steps of the former courier are forgotten."""
        self.apply(LegTrigger.UNASSIGN, now=now)
        self.courier = None
        self._forget_search()
        self.fee_minor = self.bonus_minor = 0
        self.assigned_at = self.near_pickup_at = self.at_pickup_at = None
        self.assignment_reason = {}
