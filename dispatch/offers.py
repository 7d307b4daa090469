"""Making and ending offers: parts of a transaction that holds the leg's order."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from core.deadlines.commands import clear_deadlines, set_deadline
from core.events.catalogue import (
    DELIVERY_OFFER_ACCEPTED,
    DELIVERY_OFFER_DECLINED,
    DELIVERY_OFFER_EXPIRED,
    DELIVERY_OFFER_WITHDRAWN,
    DELIVERY_OFFERED,
    EventType,
)
from core.events.facts import Subject
from core.events.work import Work, get_held
from core.legs.commands import mark_lapsed, mark_offered
from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from core.orders.models import Order
from dispatch.locks import LockedLeg
from dispatch.matching.ranking import Choice, Place, metres_apart
from dispatch.models import CourierSearch, Offer
from dispatch.policy import (
    DEADLINE_EXPIRE,
    DEADLINE_ROUND,
    Cause,
    Mode,
    Step,
)
from dispatch.states import OfferState, OfferTrigger


AREA_DECIMALS = 3
"""About a hundred metres: before acceptance a courier learns the area, not the door."""

ENDS: dict[OfferTrigger, EventType] = {
    OfferTrigger.ACCEPT: DELIVERY_OFFER_ACCEPTED,
    OfferTrigger.DECLINE: DELIVERY_OFFER_DECLINED,
    OfferTrigger.EXPIRE: DELIVERY_OFFER_EXPIRED,
    OfferTrigger.WITHDRAW: DELIVERY_OFFER_WITHDRAWN,
}


def make_offer(locked: LockedLeg, *, choice: Choice, step: Step, work: Work) -> Offer:
    """Ask one courier, until a deadline."""
    offer = Offer.objects.create(
        leg=locked.leg,
        courier_id=choice.courier_id,
        mode=step.mode,
        round=locked.search.round,
        bonus_minor=step.bonus_minor,
        offered_at=work.now,
        expires_at=work.now + step.span,
        terms=_terms(locked.order, choice),
        reason={**_reason(choice, step), "score": choice.score},
    )
    work.hold(offer)
    mark_offered(leg=locked.leg, work=work)
    set_deadline(DEADLINE_EXPIRE, subject=offer.id, due_at=offer.expires_at, work=work)
    _state(DELIVERY_OFFERED, offer, work)
    return offer


def end_offer(offer: Offer, trigger: OfferTrigger, *, work: Work, cause: str = "") -> None:
    """Move one open offer to its end and tell its courier."""
    offer.apply(trigger, now=work.now, cause=cause)
    offer.save()
    clear_deadlines(subject=offer.id, kinds=[DEADLINE_EXPIRE])
    _state(ENDS[trigger], offer, work)


def withdraw_offers(offers: Iterable[Offer], *, cause: Cause, work: Work) -> None:
    """End offers without their couriers' doing."""
    for offer in offers:
        end_offer(offer, OfferTrigger.WITHDRAW, work=work, cause=cause)


def lapse_if_none_open(leg: DeliveryLeg, *, work: Work) -> None:
    """Note on the leg that its last open offer has ended."""
    still_open = Offer.objects.filter(leg=leg, state=OfferState.OPEN).exists()
    if leg.state == LegState.OFFERED and not still_open:
        mark_lapsed(leg=leg, work=work)


def look_again(leg_id: UUID, *, work: Work) -> None:
    """Let a search that is running take its next look at once; the caller has locked it."""
    search = get_held(CourierSearch, leg_id)
    if search is None or not search.is_running:
        return
    set_deadline(DEADLINE_ROUND, subject=leg_id, due_at=work.now, work=work)


def _state(kind: EventType, offer: Offer, work: Work) -> None:
    order_id = str(offer.leg.order_id)
    work.correlation_id = work.correlation_id or f"order:{order_id}"
    work.record(
        kind,
        subject=Subject(kind="offer", id=offer.id),
        version=offer.version,
        data={
            "order_id": order_id,
            "leg_id": str(offer.leg_id),
            "courier_id": str(offer.courier_id),
            "round": offer.round,
            "cause": offer.cause,
        },
    )


def _terms(order: Order, choice: Choice) -> dict[str, Any]:
    shop = order.merchant
    pickup = Place(latitude=shop.latitude, longitude=shop.longitude)
    dropoff = dropoff_of(order)
    return {
        "order_id": str(order.id),
        "order_number": order.number,
        "merchant": {
            "id": str(shop.id),
            "name": shop.name,
            "address": shop.address,
            "latitude": shop.latitude,
            "longitude": shop.longitude,
        },
        "dropoff_area": {
            "latitude": round(dropoff.latitude, AREA_DECIMALS),
            "longitude": round(dropoff.longitude, AREA_DECIMALS),
        },
        "distance_metres": choice.distance_metres,
        "trip_metres": round(metres_apart(pickup, dropoff)),
        "currency": order.currency,
        "fee_minor": order.delivery_fee_minor,
        "ready_at": order.promised_ready_at.isoformat() if order.promised_ready_at else None,
    }


def dropoff_of(order: Order) -> Place:
    """Where the order goes; the shop itself when nobody said."""
    latitude, longitude = order.dropoff_latitude, order.dropoff_longitude
    if latitude is None or longitude is None:
        return Place(latitude=order.merchant.latitude, longitude=order.merchant.longitude)
    return Place(latitude=latitude, longitude=longitude)


def _reason(choice: Choice, step: Step) -> dict[str, str]:
    away = f"{choice.distance_metres / 1000:.1f} km from the shop"
    if step.is_pinned:
        return {
            "code": "pinned",
            "sentence": f"An operator wants you to carry it; you are {away}.",
        }
    if step.is_planned:
        return {
            "code": "planned",
            "sentence": f"Of everybody's ways it fits yours best; you are {away}.",
        }
    if step.mode is Mode.BOARD:
        return {"code": "board", "sentence": f"Open to everybody nearby; you are {away}."}
    if step.mode is Mode.BATCH:
        return {"code": "batch", "sentence": f"Among the best placed couriers, {away}."}
    return {"code": "best", "sentence": f"Best placed courier just now, {away}."}
