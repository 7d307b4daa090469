"""What happens when dispatch's own deadlines are due."""

from uuid import UUID

from core.deadlines.commands import hasten_deadlines
from core.deadlines.registry import deadline_handler
from core.events.work import Work
from core.legs.commands import unassign_leg
from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from dispatch.locks import lock_leg, lock_open_offers, lock_shifts, try_lock_leg, try_lock_offer
from dispatch.models import CourierShift, Offer
from dispatch.offers import end_offer, lapse_if_none_open, look_again, withdraw_offers
from dispatch.pins import lose_pin
from dispatch.policy import (
    BY_SHOP,
    DEADLINE_AVAILABLE,
    DEADLINE_EXPIRE,
    DEADLINE_REVIEW,
    DEADLINE_ROUND,
    IGNORED_BEFORE_OFFLINE,
    Cause,
    Mode,
    PinEnd,
)
from dispatch.queries import get_searches_nearby
from dispatch.search import run_round
from dispatch.shifts import put_offline
from dispatch.states import OfferTrigger


@deadline_handler(DEADLINE_ROUND, lock=try_lock_leg, of=DeliveryLeg)
def next_round(leg_id: UUID, work: Work) -> None:
    """Look for a courier."""
    run_round(leg_id, work=work)


@deadline_handler(DEADLINE_EXPIRE, lock=try_lock_offer, of=Offer)
def expire_offer(offer_id: UUID, work: Work) -> None:
    """The courier did not answer: somebody else is asked at once."""
    found = Offer.objects.filter(pk=offer_id).first()
    if found is None:
        return
    locked = lock_leg(found.leg_id)
    offer = work.hold(Offer.objects.select_for_update().get(pk=offer_id))
    if not offer.is_open:
        return
    offer.leg = locked.leg
    end_offer(offer, OfferTrigger.EXPIRE, work=work)
    if locked.search.pinned_to_id == offer.courier_id:
        lose_pin(locked, PinEnd.EXPIRED, work=work)
    lapse_if_none_open(locked.leg, work=work)
    look_again(offer.leg_id, work=work)
    if offer.mode != Mode.BOARD:
        _count_ignored(offer, work=work)


def _count_ignored(offer: Offer, *, work: Work) -> None:
    """Put a courier off line who lets one offer after the other pass; the board is no offence."""
    shift = lock_shifts([offer.courier_id]).get(offer.courier_id)
    if shift is None or not shift.is_online or shift.is_full:
        return
    shift.ignored_streak += 1
    if shift.ignored_streak >= IGNORED_BEFORE_OFFLINE:
        put_offline(shift, cause=Cause.IGNORED_OFFERS, work=work)
    else:
        shift.save(update_fields=["ignored_streak"])


@deadline_handler(DEADLINE_REVIEW, lock=try_lock_leg, of=DeliveryLeg)
def review_leg(leg_id: UUID, work: Work) -> None:
    """Take from couriers who went off line what they were offered or have not picked up.

    A leg that waits for one of them by an operator's wish waits no more. Who carries it for the
    shop needs no shift.
    """
    locked = lock_leg(leg_id)
    opened = lock_open_offers(locked.leg)
    pinned = locked.search.pinned_to_id
    away = _offline([offer.courier_id for offer in opened], locked.leg.courier_id, pinned)
    lost = [offer for offer in opened if offer.courier_id in away]
    withdraw_offers(lost, cause=Cause.COURIER_OFFLINE, work=work)
    if locked.leg.state in (LegState.ASSIGNED, LegState.AT_PICKUP):
        by_shop = locked.leg.assignment_reason.get("mode") == BY_SHOP
        if locked.leg.courier_id in away and not by_shop:
            cause = Cause.COURIER_OFFLINE
            unassign_leg(order=locked.order, leg=locked.leg, cause=cause, work=work)
        return
    if pinned in away:
        lose_pin(locked, PinEnd.COURIER_OFFLINE, work=work)
    if lost or pinned in away:
        lapse_if_none_open(locked.leg, work=work)
        if locked.search.is_running:
            look_again(leg_id, work=work)


def _offline(asked: list[UUID], *others: UUID | None) -> set[UUID]:
    ids = [*asked, *(each for each in others if each)]
    shifts = CourierShift.objects.filter(pk__in=ids)
    return {shift.pk for shift in shifts if not shift.is_online}


@deadline_handler(DEADLINE_AVAILABLE, of=CourierShift)
def use_free_courier(courier_id: UUID, work: Work) -> None:
    """Searches near a courier who came on line or became free take their next look at once."""
    shift = CourierShift.objects.filter(pk=courier_id).first()
    if shift is None or not shift.is_online or shift.is_full:
        return
    hasten_deadlines(DEADLINE_ROUND, subjects=get_searches_nearby(shift), work=work)
