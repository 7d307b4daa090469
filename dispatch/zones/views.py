"""How a zone's settings look to operators."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.events.models import Event
from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from core.people.models import Person
from dispatch.zones.models import ZonePlan, ZoneSettings
from dispatch.zones.records import ACCEPTED, ASKED, legs_of


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


def plan_view(plan: ZonePlan) -> dict[str, Any]:
    """Shape of a zone's last plan, in two statements: what is kept, with names, as it stands now.

    How firm a leg stands is told as of now; what has ended since is left out.
    """
    content = plan.content
    names = _names_of([each["id"] for each in content["couriers"]])
    legs = _legs_of(plan)
    return {
        "planned_at": plan.planned_at,
        "took_ms": plan.took_ms,
        "rounds": content["rounds"],
        "cost": content["cost"],
        "couriers": [
            {
                **each,
                "name": names.get(each["id"], ""),
                "trips": list(_trips(each["trips"], legs)),
            }
            for each in content["couriers"]
        ],
        "unplanned": [
            _leg_row(each, legs[each["id"]])
            for each in content["unplanned"]
            if each["id"] in legs and legs[each["id"]].courier_id is None
        ],
        "unplanned_count": content["unplanned_count"],
    }


def _names_of(ids: Sequence[str]) -> dict[str, str]:
    rows = Person.objects.filter(pk__in=ids).values_list("pk", "name")
    return {str(key): name for key, name in rows}


def _legs_of(plan: ZonePlan) -> dict[str, DeliveryLeg]:
    rows = DeliveryLeg.objects.filter(pk__in=list(legs_of(plan.content)), ended_at__isnull=True)
    return {str(leg.pk): leg for leg in rows.select_related("order__merchant", "search")}


def _trips(
    kept: Sequence[Mapping[str, Any]], legs: Mapping[str, DeliveryLeg]
) -> Iterator[dict[str, Any]]:
    for trip in kept:
        left = [_leg_row(leg, legs[leg["id"]]) for leg in trip["legs"] if leg["id"] in legs]
        if left:
            yield {**trip, "legs": left}


def _leg_row(kept: Mapping[str, Any], leg: DeliveryLeg) -> dict[str, Any]:
    firm = {"status": ACCEPTED} if leg.courier_id else {}
    if leg.state == LegState.OFFERED:
        firm = {"status": ASKED}
    return {
        **kept,
        **firm,
        "order_id": leg.order_id,
        "number": leg.order.number,
        "shop": leg.order.merchant.name,
        "is_pinned": leg.search.pinned_to_id is not None,
    }
