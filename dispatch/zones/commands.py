"""Operators set how a zone dispatches."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any
from uuid import UUID

from core.errors import Invalid, NotAllowed, NotFound
from core.events.catalogue import ZONE_CONFIGURED
from core.events.facts import Subject
from core.events.work import Work
from core.merchants.models import Zone
from dispatch.policy import ASCENDING
from dispatch.zones.models import ZoneSettings


class LadderOutOfOrder(Invalid):
    """A later rung would come earlier, reach less far or pay less than the one before it."""

    code = "ladder_out_of_order"
    title = "The rungs of the search only rise."


def lock_settings(zone_id: UUID, *, work: Work) -> ZoneSettings:
    """Lock the zone's row, which guards its settings, and return them; new ones are not saved.

    :raises NotFound: when there is no such zone.
    """
    if Zone.objects.select_for_update().filter(pk=zone_id).first() is None:
        raise NotFound
    found = ZoneSettings.objects.filter(pk=zone_id).first()
    return found or ZoneSettings(zone_id=zone_id, changed_at=work.now)


def configure_zone(
    settings: ZoneSettings, *, values: Mapping[str, Any], reason: str, work: Work
) -> None:
    """Change what differs of the locked settings and state who did, from what to what, and why.

    :raises NotAllowed: to anybody but operators.
    :raises LadderOutOfOrder: a rung would fall below the one before it.
    """
    if work.actor.type != "operator":
        raise NotAllowed("only operators set how a zone dispatches")
    changes = {
        name: [getattr(settings, name), value]
        for name, value in values.items()
        if getattr(settings, name) != value
    }
    if not changes:
        return
    settings.change({name: after for name, (_before, after) in changes.items()}, now=work.now)
    _check_order(settings)
    settings.save()
    work.record(
        ZONE_CONFIGURED,
        subject=Subject(kind="zone", id=settings.pk),
        version=settings.version,
        data={"changes": changes, "reason": reason},
    )


def _check_order(settings: ZoneSettings) -> None:
    for names in ASCENDING:
        for name, later in pairwise(names):
            if getattr(settings, name) > getattr(settings, later):
                raise LadderOutOfOrder(f"{later} is less than {name}", names=[name, later])
