"""What operators read of a zone's dispatch: how it is set, who has it, and its last plan."""

from typing import Any
from uuid import UUID

from ninja import Router

from core.api.moments import ApiRequest
from core.database import read_snapshot
from core.errors import NotFound
from core.events.queries import get_actors
from core.merchants.models import Zone
from dispatch.api import require_operator
from dispatch.models import ZonePlan, ZoneSettings
from dispatch.policy import Matching
from dispatch.zones.form import form_view
from dispatch.zones.leases import shared_now
from dispatch.zones.queries import get_changes, get_owner, get_policy
from dispatch.zones.views import change_view, plan_view, settings_view


router = Router(tags=["dispatch"])


@router.get("/zones/{zone_id}/dispatch", operation_id="get_zone_dispatch", summary="A zone's way.")
def get_zone_dispatch(request: ApiRequest, zone_id: UUID) -> dict[str, Any]:
    """Return how the zone dispatches, who changed it, and which process owns it; for operators."""
    require_operator(request.auth)
    with read_snapshot():
        zone = Zone.objects.filter(pk=zone_id).first()
        if zone is None:
            raise NotFound
        settings = ZoneSettings.objects.filter(pk=zone_id).first()
        changes = get_changes(zone_id)
        return {
            "name": zone.name,
            "owner": get_owner(zone_id, at=shared_now()),
            "settings": settings_view(settings or ZoneSettings(zone=zone)),
            "groups": form_view(),
            "changes": [change_view(fact) for fact in changes],
            "people": get_actors([{"actor": fact.actor} for fact in changes]),
        }


@router.get(
    "/zones/{zone_id}/plan", operation_id="get_zone_plan", summary="Who carries what when."
)
def get_zone_plan(request: ApiRequest, zone_id: UUID) -> dict[str, Any]:
    """Return the zone's last plan: trips by courier, how firm they are, and what is on none.

    It is null where each search looks for itself.
    """
    require_operator(request.auth)
    with read_snapshot():
        if not Zone.objects.filter(pk=zone_id).exists():
            raise NotFound
        is_planned = get_policy(zone_id).matching is Matching.OPTIMISE
        plan = ZonePlan.objects.filter(pk=zone_id).first() if is_planned else None
        return {"owner": get_owner(zone_id, at=shared_now()), "plan": plan and plan_view(plan)}
