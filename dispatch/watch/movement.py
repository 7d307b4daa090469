"""Whether a courier reports, and whether one who should be on the way moves at all."""

from datetime import datetime

from core.environment import environment
from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from core.merchants.distance import metres_between
from dispatch.models import CourierShift, TrailPoint
from dispatch.policy import HEARTBEAT, STILL_FOR, STILL_METRES, Vehicle
from dispatch.positions.nearness import metres_to_goal
from dispatch.positions.queries import put_in_place
from dispatch.positions.reports import Fix
from dispatch.positions.trail import get_trail
from dispatch.shifts import patience
from dispatch.travel.selection import travel
from dispatch.zones.moment import MINUTE, ready_of


def last_heard_at(shift: CourierShift) -> datetime | None:
    """Return when the courier's device last said where it is."""
    (shift,) = put_in_place([shift])
    heard = [each for each in (shift.last_seen_at, shift.position_at) if each is not None]
    return max(heard, default=None)


def is_silent(shift: CourierShift, *, now: datetime) -> bool:
    """Whether too many reports in a row have not come."""
    heard_at = last_heard_at(shift)
    return heard_at is None or now - heard_at >= patience()


def is_still(leg: DeliveryLeg, shift: CourierShift, *, now: datetime) -> bool:
    """Whether the courier should be on the way with or to the order, and stays where they are.

    Who is near the shop or the door may wait; and nobody needs to leave before the food does.
    """
    if leg.state not in (LegState.ASSIGNED, LegState.PICKED_UP):
        return False
    since = now - STILL_FOR
    points = get_trail(shift.pk, since=since - HEARTBEAT)
    if not points or points[0].at > since + HEARTBEAT or leg.courier_id != shift.pk:
        return False
    if _should_move_from(leg, shift, points[-1]) > since:
        return False
    if metres_to_goal(leg, _fix(points[-1])) <= environment().near_metres:
        return False
    return all(_metres(point, points[-1]) <= STILL_METRES for point in points)


def _should_move_from(leg: DeliveryLeg, shift: CourierShift, here: TrailPoint) -> datetime:
    """Return when the courier had to set out, to come no later than the food."""
    taken_at = leg.assigned_at or leg.created_at
    if leg.picked_up_at is not None:
        return leg.picked_up_at
    shop = leg.order.merchant
    way = travel().minutes(
        (here.latitude, here.longitude), (shop.latitude, shop.longitude), Vehicle(shift.vehicle)
    )
    return max(taken_at, ready_of(leg.order) - way * MINUTE)


def _metres(here: TrailPoint, there: TrailPoint) -> float:
    return metres_between(here.latitude, here.longitude, there.latitude, there.longitude)


def _fix(point: TrailPoint) -> Fix:
    return Fix(
        latitude=point.latitude,
        longitude=point.longitude,
        accuracy_metres=point.accuracy_metres,
        at=point.at,
        seen_at=point.at,
    )
