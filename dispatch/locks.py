"""The order in which dispatch locks rows: order, leg, search, offers by id, shifts by person."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from core.errors import NotFound
from core.legs.models import DeliveryLeg
from core.orders.access import lock_order, try_lock_order
from core.orders.models import Order
from dispatch.models import CourierSearch, CourierShift, Offer
from dispatch.states import OfferState


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedLeg:
    """A leg whose order, own row and search this transaction holds."""

    order: Order
    leg: DeliveryLeg
    search: CourierSearch


def lock_leg(leg_id: UUID) -> LockedLeg:
    """Lock the order of a leg, the leg and its search.

    :raises NotFound: when there is no such leg.
    """
    order_id = DeliveryLeg.objects.filter(pk=leg_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound
    order = lock_order(order_id)
    leg = DeliveryLeg.objects.select_for_update().get(pk=leg_id)
    leg.order = order
    search = CourierSearch.objects.select_for_update().get(pk=leg_id)
    search.leg = leg
    return LockedLeg(order=order, leg=leg, search=search)


def lock_open_offers(leg: DeliveryLeg) -> list[Offer]:
    """Lock and return the open offers of a leg whose order is locked."""
    rows = Offer.objects.select_for_update().filter(leg=leg, state=OfferState.OPEN)
    offers = list(rows.order_by("pk"))
    for offer in offers:
        offer.leg = leg
    return offers


def lock_shifts(person_ids: Iterable[UUID]) -> dict[UUID, CourierShift]:
    """Lock the shifts of these couriers, always in the same order."""
    rows = CourierShift.objects.select_for_update().filter(pk__in=list(person_ids)).order_by("pk")
    return {shift.pk: shift for shift in rows}


def try_lock_leg(leg_id: UUID) -> bool:
    """Lock a leg's order unless another holds it; a leg that is gone needs no lock."""
    order_id = DeliveryLeg.objects.filter(pk=leg_id).values_list("order_id", flat=True).first()
    return order_id is None or try_lock_order(order_id)


def try_lock_offer(offer_id: UUID) -> bool:
    """Lock an offer's order unless another holds it; an offer that is gone needs no lock."""
    order_id = Offer.objects.filter(pk=offer_id).values_list("leg__order_id", flat=True).first()
    return order_id is None or try_lock_order(order_id)
