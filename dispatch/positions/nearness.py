"""Sees when a courier comes close to where a leg leads: a suggestion, and never an arrival."""

from collections.abc import Iterable
from functools import partial

from core.database import run_repeatedly
from core.events.facts import SYSTEM
from core.events.work import unit_of_work
from core.legs.commands import come_near
from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from core.merchants.distance import metres_between
from dispatch.locks import lock_leg
from dispatch.positions.reports import Fix


def notice_nearness(legs: Iterable[DeliveryLeg], fix: Fix, *, radius_metres: float) -> None:
    """Note on each of the courier's legs, once, that its next place is within the radius.

    A fix that is less exact than the radius says nothing.
    """
    if (fix.accuracy_metres or 0.0) > radius_metres:
        return
    for leg in legs:
        if is_news(leg) and metres_to_goal(leg, fix) <= radius_metres:
            run_repeatedly(partial(_note, leg, fix))


def is_news(leg: DeliveryLeg) -> bool:
    """Whether the courier has a place to reach, and was not yet seen close to it."""
    if leg.state == LegState.ASSIGNED:
        return leg.near_pickup_at is None
    return leg.state == LegState.PICKED_UP and leg.near_dropoff_at is None


def metres_to_goal(leg: DeliveryLeg, fix: Fix) -> float:
    """Return how far the courier is from the shop, or from the door once the order is in hand.

    Infinite when nobody said where the door is.
    """
    order = leg.order
    goal = (
        (order.merchant.latitude, order.merchant.longitude)
        if leg.picked_up_at is None
        else (order.dropoff_latitude, order.dropoff_longitude)
    )
    latitude, longitude = goal
    if latitude is None or longitude is None:
        return float("inf")
    return metres_between(fix.latitude, fix.longitude, latitude, longitude)


def _note(seen: DeliveryLeg, fix: Fix) -> None:
    with unit_of_work(now=fix.seen_at, actor=SYSTEM) as work:
        locked = lock_leg(seen.pk)
        leg = locked.leg
        if (leg.state, leg.courier_id) == (seen.state, seen.courier_id) and is_news(leg):
            come_near(order=locked.order, leg=leg, work=work)
