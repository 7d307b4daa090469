"""Couriers answer offers; a shop may carry its order itself."""

from datetime import datetime
from uuid import UUID

from core.errors import Conflict, NotFound
from core.events.facts import Actor
from core.events.work import Work, unit_of_work
from core.legs.models import DeliveryLeg
from core.people.models import Membership, Person
from dispatch.locks import LockedLeg, lock_leg, lock_shifts
from dispatch.models import CourierShift, Offer
from dispatch.offers import end_offer, lapse_if_none_open, look_again
from dispatch.pins import lose_pin
from dispatch.policy import BY_SHOP, Cause, PinEnd
from dispatch.search import give_leg, taken_because
from dispatch.shifts import CourierFull, CourierOffline
from dispatch.states import OfferState, OfferTrigger


class OfferTaken(Conflict):
    """Another courier was faster."""

    code = "offer_taken"
    title = "Another courier took it."


class OfferExpired(Conflict):
    """The answer came after the offer's end."""

    code = "offer_expired"
    title = "The offer has expired."


class OfferEnded(Conflict):
    """The offer was answered or withdrawn before."""

    code = "offer_ended"
    title = "The offer has ended."


def accept_offer(*, person: Person, offer_id: UUID, now: datetime, actor: Actor) -> Offer:
    """Take the leg: the first of all couriers who were asked wins.

    Accepting again what one has already won is no error.

    :raises NotFound: there is no such offer to this person.
    :raises OfferTaken: another courier was faster; who and when are in the members.
    :raises OfferExpired: too late.
    :raises OfferEnded: it was declined, or withdrawn for the `cause` in the members.
    :raises CourierOffline: the courier has gone off line.
    :raises CourierFull: no further leg fits.
    """
    with unit_of_work(now=now, actor=actor) as work:
        locked, offer = _lock_offer(person, offer_id, work)
        if offer.state == OfferState.ACCEPTED and locked.leg.courier_id == person.pk:
            return offer
        _refuse_unless_open(locked.leg, offer, now=now)
        shift = _lock_ready_shift(person)
        shift.ignored_streak = 0
        shift.save(update_fields=["ignored_streak"])
        end_offer(offer, OfferTrigger.ACCEPT, work=work)
        reason = taken_because(offer, locked.search)
        give_leg(locked, courier=person, bonus_minor=offer.bonus_minor, reason=reason, work=work)
    return offer


def decline_offer(
    *, person: Person, offer_id: UUID, reason: str, now: datetime, actor: Actor
) -> Offer:
    """Say no: the next round begins at once, and the same terms are not offered again.

    :raises NotFound: there is no such offer to this person.
    :raises OfferTaken: another courier was faster.
    :raises OfferExpired: too late.
    :raises OfferEnded: it has ended otherwise.
    """
    with unit_of_work(now=now, actor=actor) as work:
        locked, offer = _lock_offer(person, offer_id, work)
        if offer.state == OfferState.DECLINED:
            return offer
        _refuse_unless_open(locked.leg, offer, now=now)
        offer.decline_reason = reason
        end_offer(offer, OfferTrigger.DECLINE, work=work)
        shift = lock_shifts([person.pk]).get(person.pk)
        if shift is not None:
            shift.ignored_streak = 0
            shift.save(update_fields=["ignored_streak"])
        if locked.search.pinned_to_id == person.pk:
            lose_pin(locked, PinEnd.DECLINED, work=work)
        lapse_if_none_open(locked.leg, work=work)
        look_again(locked.leg.id, work=work)
    return offer


def deliver_by_shop(*, leg_id: UUID, carrier_id: UUID, now: datetime, actor: Actor) -> DeliveryLeg:
    """Let one of the shop's people carry the order, who need be no courier; the search ends.

    :raises NotFound: no such leg, or nobody of the shop by that id.
    :raises IllegalStep: somebody has it, or it has ended.
    """
    with unit_of_work(now=now, actor=actor) as work:
        locked = lock_leg(leg_id)
        work.correlation_id = work.correlation_id or f"order:{locked.order.pk}"
        members = Membership.objects.filter(
            merchant_id=locked.order.merchant_id, person_id=carrier_id, person__is_active=True
        )
        member = members.select_related("person").first()
        if member is None:
            raise NotFound("nobody of the shop by that id")
        reason = {"mode": BY_SHOP, "sentence": "The shop delivers it itself."}
        give_leg(locked, courier=member.person, bonus_minor=None, reason=reason, work=work)
    return locked.leg


def _lock_offer(person: Person, offer_id: UUID, work: Work) -> tuple[LockedLeg, Offer]:
    leg_id = (
        Offer.objects.filter(pk=offer_id, courier=person).values_list("leg_id", flat=True).first()
    )
    if leg_id is None:
        raise NotFound
    locked = lock_leg(leg_id)
    work.correlation_id = work.correlation_id or f"order:{locked.order.pk}"
    offer = work.hold(Offer.objects.select_for_update().get(pk=offer_id))
    offer.leg = locked.leg
    return locked, offer


def _lock_ready_shift(person: Person) -> CourierShift:
    shift = lock_shifts([person.pk]).get(person.pk)
    if shift is None or not shift.is_online:
        raise CourierOffline
    if shift.is_full:
        raise CourierFull(capacity=shift.capacity)
    return shift


def _refuse_unless_open(leg: DeliveryLeg, offer: Offer, *, now: datetime) -> None:
    if offer.is_open and now < offer.expires_at:
        return
    view = offer.view()
    if offer.cause == Cause.TAKEN or (leg.courier_id and leg.courier_id != offer.courier_id):
        winner = leg.courier
        raise OfferTaken(
            offer=view,
            taken_by=winner.name if winner else None,
            taken_at=leg.assigned_at,
            decided_by=_decided_by(leg),
        )
    if offer.is_open or offer.state == OfferState.EXPIRED:
        raise OfferExpired(offer=view, expired_at=offer.expires_at)
    raise OfferEnded(offer=view, state=offer.state, cause=offer.cause)


def _decided_by(leg: DeliveryLeg) -> dict[str, object]:
    """Tell who won; the operator's choice counts as the chosen courier's."""
    return {
        "actor": {"type": "courier", "id": str(leg.courier_id) if leg.courier_id else None},
        "type": "delivery.assigned",
        "at": leg.assigned_at,
    }
