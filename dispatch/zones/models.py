"""What operators have set for a zone, and which process owns it."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar

from django.db import models

from core.merchants.models import Zone
from dispatch.policy import ASCENDING, WIDTHS, ZONE_BOUNDS, Matching, Mode, ZonePolicy


STANDARD = ZonePolicy()


class ZoneSettings(models.Model):
    """One zone's policy, guarded by the zone's row lock; without a row it has the defaults."""

    zone = models.OneToOneField(
        Zone, primary_key=True, on_delete=models.CASCADE, related_name="dispatch_settings"
    )
    version = models.PositiveIntegerField(default=0)
    """0 as long as nobody has changed anything."""
    changed_at = models.DateTimeField()

    matching = models.CharField(
        max_length=8,
        choices=[(each.value, each.value) for each in Matching],
        default=STANDARD.matching,
    )
    offer_mode = models.CharField(
        max_length=8,
        choices=[(mode.value, mode.value) for mode in WIDTHS],
        default=STANDARD.offer_mode,
    )
    batch_size = models.PositiveSmallIntegerField(default=STANDARD.batch_size)
    offer_seconds = models.PositiveSmallIntegerField(default=STANDARD.offer_seconds)
    board_seconds = models.PositiveSmallIntegerField(default=STANDARD.board_seconds)
    search_again_seconds = models.PositiveSmallIntegerField(default=STANDARD.search_again_seconds)
    minutes_per_leg = models.FloatField(default=STANDARD.minutes_per_leg)
    fairness = models.FloatField(default=STANDARD.fairness)
    late_minute = models.FloatField(default=STANDARD.late_minute)
    courier_minute = models.FloatField(default=STANDARD.courier_minute)

    widen_after_seconds = models.PositiveIntegerField(default=STANDARD.widen_after_seconds)
    raise_pay_after_seconds = models.PositiveIntegerField(default=STANDARD.raise_pay_after_seconds)
    ask_all_after_seconds = models.PositiveIntegerField(default=STANDARD.ask_all_after_seconds)
    ask_shop_after_seconds = models.PositiveIntegerField(default=STANDARD.ask_shop_after_seconds)
    alarm_after_seconds = models.PositiveIntegerField(default=STANDARD.alarm_after_seconds)
    give_up_after_seconds = models.PositiveIntegerField(default=STANDARD.give_up_after_seconds)
    near_metres = models.PositiveIntegerField(default=STANDARD.near_metres)
    widened_metres = models.PositiveIntegerField(default=STANDARD.widened_metres)
    bonus_metres = models.PositiveIntegerField(default=STANDARD.bonus_metres)
    board_metres = models.PositiveIntegerField(default=STANDARD.board_metres)
    bonus_minor = models.PositiveIntegerField(default=STANDARD.bonus_minor)
    board_bonus_minor = models.PositiveIntegerField(default=STANDARD.board_bonus_minor)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(matching__in=[each.value for each in Matching]),
                name="zone_matching",
            ),
            models.CheckConstraint(
                condition=models.Q(offer_mode__in=[mode.value for mode in WIDTHS]),
                name="zone_offer_mode",
            ),
            *(
                models.CheckConstraint(
                    condition=models.Q(**{f"{name}__gte": least, f"{name}__lte": most}),
                    name=f"zone_{name}",
                )
                for name, (least, most) in ZONE_BOUNDS.items()
            ),
            *(
                models.CheckConstraint(
                    condition=models.Q(**{f"{later}__gte": models.F(name)}),
                    name=f"zone_{name}_first",
                )
                for names in ASCENDING
                for name, later in pairwise(names)
            ),
        ]

    @property
    def policy(self) -> ZonePolicy:
        """The settings as a value."""
        values = {each.name: getattr(self, each.name) for each in fields(ZonePolicy)}
        named = {"matching": Matching(self.matching), "offer_mode": Mode(self.offer_mode)}
        return ZonePolicy(**values | named)

    def change(self, values: Mapping[str, Any], *, now: datetime) -> None:
        """Set some of them; the caller holds the zone's lock and saves."""
        for name, value in values.items():
            setattr(self, name, value)
        self.version += 1
        self.changed_at = now


class ZoneLease(models.Model):
    """The dispatcher that owns a zone, until when; see `dispatch.zones.leases`."""

    # A referential check would lock the zone's row, and deleting a zone is no matter of a second.
    zone = models.OneToOneField(
        Zone,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="dispatch_lease",
        db_constraint=False,
    )
    owner = models.CharField(max_length=80, blank=True, db_index=True)
    """`host:process:chance`; empty until somebody takes it."""
    token = models.PositiveBigIntegerField(default=0)
    """Raised whenever the zone changes hands, and when it is taken anew."""
    until = models.DateTimeField()
    """Real time, by the database's clock."""


class Dispatcher(models.Model):
    """A dispatcher that is up, so that all of them know among how many zones are shared."""

    owner = models.CharField(primary_key=True, max_length=80)
    """As in `ZoneLease`."""
    until = models.DateTimeField()
    """Real time, by the database's clock: the same as of its leases."""


class ZonePlan(models.Model):
    """The last plan of a zone, for people to look at; no plan is made from it."""

    zone = models.OneToOneField(
        Zone,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="dispatch_plan",
        db_constraint=False,
    )
    planned_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    """Real milliseconds, from reading the rows until the last offer was made."""
    content = models.JSONField()
    """As `dispatch.zones.records` writes it."""
