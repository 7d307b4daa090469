"""What couriers see of offers and of their own shift, as events and as snapshots."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from core.events.audiences import audience, snapshot_source
from core.events.facts import Fact, Row
from core.events.work import get_held
from dispatch.models import CourierSearch, CourierShift, Offer
from dispatch.states import OfferState


def shift_view(shift: CourierShift) -> dict[str, Any]:
    """A courier's own shift; everything in it changes with the version only."""
    return {
        "id": str(shift.pk),
        "state": shift.state,
        "vehicle": shift.vehicle,
        "capacity": shift.capacity,
        "auto_accept": shift.auto_accept,
        "cause": shift.offline_cause,
        "wait_at": shift.hint,
        "changed_at": shift.changed_at,
        "open": shift.is_online,
        "ended_at": None if shift.is_online else shift.changed_at,
    }


def pin_view(search: CourierSearch) -> dict[str, Any] | None:
    """Whom operators pinned the leg to, since when and why; null when nobody."""
    if search.pinned_to is None:
        return None
    return {
        "courier": {"id": search.pinned_to_id, "name": search.pinned_to.name},
        "at": search.pinned_at,
        "reason": search.pin_reason,
    }


def _offer_row(offer: Offer) -> Row:
    return Row(
        topic=f"courier:{offer.courier_id}",
        key=f"offer:{offer.id}",
        version=offer.version,
        view=offer.view(),
    )


def _shift_row(shift: CourierShift) -> Row:
    return Row(
        topic=f"courier:{shift.pk}",
        key=f"courier:{shift.pk}",
        version=shift.version,
        view=shift_view(shift),
    )


@audience("offer")
def rows_of_offer(fact: Fact) -> Sequence[Row]:
    """Only the courier who is asked sees an offer."""
    offer = get_held(Offer, fact.subject.id) or Offer.objects.get(pk=fact.subject.id)
    return [_offer_row(offer)]


@audience("courier")
def rows_of_shift(fact: Fact) -> Sequence[Row]:
    """A courier's devices agree on whether they are on line."""
    key = fact.subject.id
    return [_shift_row(get_held(CourierShift, key) or CourierShift.objects.get(pk=key))]


@snapshot_source("courier")
def courier_snapshot(courier_id: UUID, now: datetime) -> Sequence[Row]:  # noqa: ARG001
    """Open offers, and the shift while on line."""
    offers = Offer.objects.filter(courier_id=courier_id, state=OfferState.OPEN).order_by("pk")
    shifts = CourierShift.objects.filter(pk=courier_id)
    return [
        *(_shift_row(shift) for shift in shifts if shift.is_online),
        *(_offer_row(offer) for offer in offers),
    ]
