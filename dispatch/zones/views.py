"""How a zone's settings look to operators."""

from dataclasses import asdict
from typing import Any

from core.events.models import Event
from dispatch.zones.models import ZoneSettings


def settings_view(settings: ZoneSettings) -> dict[str, Any]:
    """Shape of `settings`: every member of the policy, and the version to compare with."""
    return {
        **asdict(settings.policy),
        "zone_id": settings.pk,
        "version": settings.version,
        "changed_at": settings.changed_at if settings.version else None,
    }


def change_view(fact: Event) -> dict[str, Any]:
    """Shape of one line of the history: who, when, from what to what, and why."""
    return {"version": fact.version, "at": fact.occurred_at, "actor": fact.actor, **fact.data}
