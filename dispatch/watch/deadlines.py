"""Looks after couriers who fall silent or do not move, and after the orders they have.

What a courier has not picked up yet goes to another; with what is in their bag, only a person can
help.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from core.deadlines.commands import set_deadline
from core.deadlines.registry import deadline_handler
from core.events.work import Work
from core.legs.commands import unassign_leg
from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from dispatch.locks import LockedLeg, lock_leg, lock_shifts, try_lock_leg
from dispatch.models import CourierShift
from dispatch.pins import alarm_operators
from dispatch.policy import (
    BY_SHOP,
    DEADLINE_LOOK_AFTER,
    DEADLINE_WATCH,
    Cause,
)
from dispatch.queries import get_active_legs
from dispatch.shifts import patience, put_offline
from dispatch.watch.movement import is_silent, is_still, last_heard_at


LOOK_EVERY: Final = timedelta(minutes=1)
"""At couriers who carry something."""
LOST_EVERY: Final = timedelta(minutes=5)
"""At couriers who carry something and are silent: somebody has been told."""
IN_THE_BAG: Final = frozenset(
    {LegState.PICKED_UP, LegState.AT_DROPOFF, LegState.FAILED, LegState.RETURNING}
)
ALARMS: Final = {Cause.SILENT: "courier_silent", Cause.NOT_MOVING: "courier_not_moving"}


@deadline_handler(DEADLINE_WATCH, of=CourierShift)
def watch_courier(courier_id: UUID, work: Work) -> None:
    """Put a silent courier off line, have each leg of one who is lost looked after, and go on."""
    shift = CourierShift.objects.filter(pk=courier_id).first()
    if shift is None or not (shift.is_online or shift.active_count):
        return
    legs = get_active_legs(courier_id) if shift.active_count else []
    silent = is_silent(shift, now=work.now)
    for leg in legs:
        if silent or is_still(leg, shift, now=work.now):
            set_deadline(DEADLINE_LOOK_AFTER, subject=leg.pk, due_at=work.now, work=work)
    if silent and shift.is_online:
        _end_shift(courier_id, work=work)
    if silent and not legs:
        return
    due_at = work.now + LOST_EVERY if silent else (last_heard_at(shift) or work.now) + patience()
    if legs and not silent:
        due_at = min(due_at, work.now + LOOK_EVERY)
    set_deadline(DEADLINE_WATCH, subject=courier_id, due_at=due_at, work=work)


def _end_shift(courier_id: UUID, *, work: Work) -> None:
    locked = lock_shifts([courier_id])[courier_id]
    if locked.is_online and is_silent(locked, now=work.now):
        put_offline(locked, cause=Cause.SILENT, work=work)


@deadline_handler(DEADLINE_LOOK_AFTER, lock=try_lock_leg, of=DeliveryLeg)
def look_after(leg_id: UUID, work: Work) -> None:
    """Give the leg of a courier who does not come to another; alarm operators about a bag.

    Legs of couriers who went off line are reviewed by the ladder itself.
    """
    locked = lock_leg(leg_id)
    leg = locked.leg
    if leg.courier_id is None or leg.assignment_reason.get("mode") == BY_SHOP:
        return
    shift = CourierShift.objects.filter(pk=leg.courier_id).first()
    if shift is None:
        return
    if is_silent(shift, now=work.now):
        _alarm(locked, Cause.SILENT, work=work)
    elif is_still(leg, shift, now=work.now):
        if leg.state == LegState.ASSIGNED:
            unassign_leg(order=locked.order, leg=leg, cause=Cause.NOT_MOVING, work=work)
        else:
            _alarm(locked, Cause.NOT_MOVING, work=work)


def _alarm(locked: LockedLeg, cause: Cause, *, work: Work) -> None:
    """Tell operators once: a flag that is up has been told."""
    if locked.leg.state in IN_THE_BAG and not locked.order.is_flagged:
        alarm_operators(locked.order, reason=ALARMS[cause], work=work)
