"""Reading how zones dispatch, and who changed it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from core.events.catalogue import ZONE_CONFIGURED
from core.events.models import Event
from core.prepared import Prepared
from dispatch.policy import ZonePolicy
from dispatch.zones.models import STANDARD, ZoneLease, ZoneSettings


MOST_CHANGES: Final = 50

_widest = Prepared(
    lambda least: (
        ZoneSettings.objects.filter(board_metres__gt=least)
        .order_by("-board_metres")
        .values_list("board_metres", flat=True)[:1]
    ),
    int,
)
_settings = Prepared(lambda zone: ZoneSettings.objects.filter(pk=zone), UUID)


def get_policy(zone_id: UUID) -> ZonePolicy:
    """Return what operators have set for the zone; the defaults where they have not."""
    rows = _settings(zone_id)
    return rows[0].policy if rows else STANDARD


def get_widest_metres() -> int:
    """Return how far from a shop any zone asks couriers in the end."""
    return next(iter(_widest(STANDARD.board_metres)), STANDARD.board_metres)


def get_owner(zone_id: UUID, *, at: datetime) -> str | None:
    """Return the dispatcher that owns the zone at `at` (real time), if one does."""
    rows = ZoneLease.objects.filter(pk=zone_id, until__gt=at)
    return rows.values_list("owner", flat=True).first()


def get_changes(zone_id: UUID) -> list[Event]:
    """Return the last changes of the zone's settings, newest first."""
    facts = Event.objects.filter(subject=f"zone:{zone_id}", type=ZONE_CONFIGURED.name)
    return list(facts.order_by("-id")[:MOST_CHANGES])
