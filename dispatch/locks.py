"""The order in which dispatch locks rows: order, leg, search, offers by id, shifts by person."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from core.errors import NotFound
from core.events.work import Row, current_work, get_held
from core.legs.commands import get_leg
from core.legs.models import DeliveryLeg
from core.orders.access import lock_order_of_leg, try_lock_order
from core.orders.models import Order
from core.prepared import Prepared
from dispatch.models import CourierSearch, CourierShift, Offer
from dispatch.states import OfferState


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedLeg:
    """A leg whose order, own row and search this transaction holds."""

    order: Order
    leg: DeliveryLeg
    search: CourierSearch


_searches = Prepared(lambda leg: CourierSearch.objects.select_for_update().filter(pk=leg), UUID)

_shifts = Prepared(lambda person: CourierShift.objects.select_for_update().filter(pk=person), UUID)
_open_offers = Prepared(
    lambda leg: (
        Offer.objects.select_for_update().filter(leg=leg, state=OfferState.OPEN).order_by("pk")
    ),
    UUID,
)


def lock_leg(leg_id: UUID) -> LockedLeg:
    """Lock the order of a leg, which guards the leg and its search.

    :raises NotFound: when there is no such leg.
    """
    order = lock_order_of_leg(leg_id)
    leg = get_leg(order)
    if leg is None:
        raise NotFound
    search = get_held(CourierSearch, leg_id)
    if search is None:
        search = _keep(_searches(leg_id)[0])
        search.leg = leg
    return LockedLeg(order=order, leg=leg, search=search)


def lock_open_offers(leg: DeliveryLeg) -> list[Offer]:
    """Lock and return the open offers of a leg whose order is locked."""
    offers = [_keep(offer) for offer in _open_offers(leg.pk)]
    for offer in offers:
        offer.leg = leg
    return offers


def lock_shifts(person_ids: Iterable[UUID]) -> dict[UUID, CourierShift]:
    """Lock the shifts of these couriers, always in the same order."""
    held = {pk: get_held(CourierShift, pk) for pk in person_ids}
    missing = [pk for pk, shift in held.items() if shift is None]
    if len(missing) == 1:
        held |= {shift.pk: _keep(shift) for shift in _shifts(missing[0])}
    elif missing:
        rows = CourierShift.objects.select_for_update().filter(pk__in=missing).order_by("pk")
        held |= {shift.pk: _keep(shift) for shift in rows}
    return {pk: shift for pk, shift in sorted(held.items()) if shift is not None}


def _keep(row: Row) -> Row:
    """Have the unit of work hold a row that was locked in it."""
    work = current_work()
    return work.hold(row) if work else row


def try_lock_leg(leg_id: UUID) -> bool:
    """Lock a leg's order unless another holds it; a leg that is gone needs no lock."""
    order_id = DeliveryLeg.objects.filter(pk=leg_id).values_list("order_id", flat=True).first()
    return order_id is None or try_lock_order(order_id)


def try_lock_offer(offer_id: UUID) -> bool:
    """Lock an offer's order unless another holds it; an offer that is gone needs no lock."""
    order_id = Offer.objects.filter(pk=offer_id).values_list("leg__order_id", flat=True).first()
    return order_id is None or try_lock_order(order_id)
