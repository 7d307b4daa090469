"""Reading shifts, offers and searches."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q

from core.legs.models import DeliveryLeg
from core.legs.states import WITH_COURIER, LegState
from core.merchants.distance import box_around
from dispatch.matching.ranking import Candidate, Place
from dispatch.models import CourierSearch, CourierShift, Offer
from dispatch.policy import Vehicle
from dispatch.positions.queries import around, put_in_place
from dispatch.states import OfferState, ShiftState
from dispatch.zones.queries import get_widest_metres


MOST_CANDIDATES = 300
MOST_SEARCHES = 20

REFUSING = (OfferState.DECLINED, OfferState.EXPIRED, OfferState.ACCEPTED)
"""Ends after which the same terms are not offered again; accepted means: and given back."""


def get_candidates(
    leg: DeliveryLeg,
    *,
    pickup: Place,
    within_metres: float,
    without: Iterable[UUID] = (),
    only: UUID | None = None,
) -> list[Candidate]:
    """Couriers on line around the shop, with what they refused of this leg.

    `only` names the one who counts, wherever they are.
    """
    box = box_around(pickup.latitude, pickup.longitude, within_metres)
    shifts = (
        CourierShift.objects.filter(
            state=ShiftState.ONLINE,
            person__is_courier=True,
            person__is_active=True,
        )
        .filter(around(box) if only is None else Q(pk=only))
        .exclude(pk__in=list(without))
        .annotate(
            open_count=Count("person__offers", filter=Q(person__offers__state=OfferState.OPEN))
        )
        .order_by("-position_at")[:MOST_CANDIDATES]
    )
    refused = dict(
        Offer.objects.filter(leg=leg, state__in=REFUSING)
        .values_list("courier_id")
        .annotate(Max("bonus_minor"))
    )
    return [_candidate(shift, refused.get(shift.pk)) for shift in put_in_place(shifts)]


def _candidate(shift: Any, refused_bonus_minor: int | None) -> Candidate:
    return Candidate(
        id=shift.pk,
        place=Place(latitude=shift.latitude, longitude=shift.longitude),
        position_at=shift.position_at,
        online=shift.is_online,
        vehicle=Vehicle(shift.vehicle),
        active_count=shift.active_count,
        capacity=shift.capacity,
        idle_since=shift.idle_since,
        open_count=shift.open_count,
        refused_bonus_minor=refused_bonus_minor,
    )


def get_searches_nearby(shift: CourierShift) -> list[UUID]:
    """Legs around this courier for which nobody is being asked, oldest first."""
    if shift.latitude is None or shift.longitude is None:
        return []
    box = box_around(shift.latitude, shift.longitude, get_widest_metres())
    rows = CourierSearch.objects.filter(
        ended_at__isnull=True,
        held_at__isnull=True,
        leg__state=LegState.UNASSIGNED,
        latitude__range=(box.south, box.north),
        longitude__range=(box.west, box.east),
    ).order_by("started_at")
    return list(rows.values_list("pk", flat=True)[:MOST_SEARCHES])


def get_active_legs(courier_id: UUID) -> list[DeliveryLeg]:
    """Legs the courier has and has not finished."""
    return list(
        DeliveryLeg.objects.filter(
            courier_id=courier_id, ended_at__isnull=True, state__in=WITH_COURIER
        )
        .select_related("order__merchant")
        .order_by("pk")
    )
