"""One look at all deliveries of a zone: where their arrival has moved, people are told.

What is read is read without locks, and ways are asked for outside of transactions; each change
is then made in one of its own, if the leg still stands where it stood.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from core.database import run_repeatedly
from core.events.facts import SYSTEM
from core.events.work import unit_of_work
from core.legs.commands import move_eta
from core.legs.models import DeliveryLeg
from core.legs.states import WITH_COURIER, WITHOUT_COURIER, LegState
from core.merchants.models import Zone
from core.orders.models import Order
from dispatch.arrivals.estimate import READY_PART, Task, estimate, is_worth_telling
from dispatch.habits.queries import Habits, get_habits
from dispatch.locks import lock_leg
from dispatch.matching import Handling, Point
from dispatch.models import CourierShift
from dispatch.offers import dropoff_of
from dispatch.policy import Vehicle
from dispatch.positions.queries import put_in_place
from dispatch.travel.selection import travel
from dispatch.zones.moment import MINUTE, begun_of, ready_of


MOST_LEGS: Final = 2_000
HANDLING: Final = Handling()
EXPECTED: Final = frozenset(
    {
        *WITHOUT_COURIER, LegState.ASSIGNED, LegState.AT_PICKUP, LegState.PICKED_UP,
        LegState.AT_DROPOFF,
    }
)  # fmt: skip
"""States of legs whose order is on its way to the customer."""


def tell_arrivals(zone_id: UUID, *, now: datetime) -> int:
    """Look at the zone's deliveries, move what has moved, and return how many that were."""
    own = list(_legs(zone_id))
    couriers = {leg.courier_id for leg in own if leg.courier_id is not None}
    by_courier = _carried(couriers)
    shifts = {row.pk: row for row in put_in_place(CourierShift.objects.filter(pk__in=couriers))}
    habits = get_habits(Zone.objects.get(pk=zone_id), now=now)
    found: dict[str, float] = {}
    for courier_id, legs in by_courier.items():
        found |= _estimate(legs, shifts.get(courier_id), habits, now)
    for leg in own:
        if leg.courier_id is None:
            found |= _estimate([leg], None, habits, now)
    moved = [leg for leg in own if _has_moved(leg, found, now)]
    return sum(_move(leg, now + found[str(leg.pk)] * MINUTE, now) for leg in moved)


def _legs(zone_id: UUID) -> Iterable[DeliveryLeg]:
    rows = DeliveryLeg.objects.filter(
        order__merchant__zone=zone_id,
        ended_at__isnull=True,
        state__in=sorted(EXPECTED),
        order__held_at__isnull=True,
    )
    return rows.select_related("order__merchant").order_by("created_at")[:MOST_LEGS]


def _carried(couriers: Iterable[UUID]) -> Mapping[UUID, list[DeliveryLeg]]:
    """All that these couriers carry, also of other zones: what is loaded as it was loaded."""
    rows = DeliveryLeg.objects.filter(
        courier__in=list(couriers),
        ended_at__isnull=True,
        state__in=sorted(WITH_COURIER & EXPECTED),
    ).select_related("order__merchant")
    found: dict[UUID, list[DeliveryLeg]] = {}
    for leg in sorted(rows, key=_turn):
        if leg.courier_id is not None:
            found.setdefault(leg.courier_id, []).append(leg)
    return found


def _turn(leg: DeliveryLeg) -> tuple[bool, datetime, str]:
    """Who stands at a door hands over first; else as it was loaded, or accepted."""
    since = leg.picked_up_at or leg.assigned_at or leg.created_at
    return leg.state != LegState.AT_DROPOFF, since, str(leg.pk)


def _estimate(
    legs: list[DeliveryLeg], shift: CourierShift | None, habits: Habits, now: datetime
) -> dict[str, float]:
    tasks = [_task(leg, habits, now) for leg in legs]
    vehicle = Vehicle(shift.vehicle) if shift is not None else Vehicle.SCOOTER
    start = _place(shift)
    if start is None and legs[0].courier_id is not None:
        start = tasks[0].shop  # somebody of the shop
    shops, doors = [task.shop for task in tasks], [task.door for task in tasks]
    travel().prepare([*([start] if start else []), *shops, *doors], [*shops, *doors], vehicle)
    minutes = partial(_minutes, vehicle)
    return estimate(tasks, minutes, HANDLING, start=start)


def _minutes(vehicle: Vehicle, origin: Point, destination: Point) -> float:
    return travel().minutes(origin, destination, vehicle)


def _place(shift: CourierShift | None) -> Point | None:
    if shift is None or shift.latitude is None or shift.longitude is None:
        return None
    return shift.latitude, shift.longitude


def _task(leg: DeliveryLeg, habits: Habits, now: datetime) -> Task:
    order, door = leg.order, dropoff_of(leg.order)
    return Task(
        leg_id=str(leg.pk),
        shop=(order.merchant.latitude, order.merchant.longitude),
        door=(door.latitude, door.longitude),
        ready_at=_ready_at(order, habits, now),
        is_loaded=leg.picked_up_at is not None,
        is_there=leg.state == LegState.AT_DROPOFF,
    )


def _ready_at(order: Order, habits: Habits, now: datetime) -> float:
    """Minutes until the food is ready: by what the shop says, and how it has kept its word."""
    if order.ready_at is not None:
        return 0.0
    return habits.kitchen(order.merchant_id).ready_at(
        begun_at=(begun_of(order) - now) / MINUTE,
        promised_at=(ready_of(order) - now) / MINUTE,
        now=0.0,
        part=READY_PART,
    )


def _has_moved(leg: DeliveryLeg, found: Mapping[str, float], now: datetime) -> bool:
    minutes = found.get(str(leg.pk))
    return minutes is not None and is_worth_telling(
        leg.eta_at, now + timedelta(minutes=minutes), now=now
    )


def _move(seen: DeliveryLeg, eta_at: datetime, now: datetime) -> bool:
    return run_repeatedly(partial(_move_once, seen, eta_at, now))


def _move_once(seen: DeliveryLeg, eta_at: datetime, now: datetime) -> bool:
    with unit_of_work(now=now, actor=SYSTEM) as work:
        locked = lock_leg(seen.pk)
        leg = locked.leg
        if (leg.version, leg.ended_at, leg.eta_at) != (seen.version, None, seen.eta_at):
            return False
        move_eta(order=locked.order, leg=leg, eta_at=eta_at, work=work)
    return True
