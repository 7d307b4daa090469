"""What dispatch does in the same transaction when an order or a leg changes."""

from types import MappingProxyType
from typing import Final
from uuid import UUID

from core.deadlines.commands import set_deadline
from core.events.catalogue import (
    DELIVERY_ASSIGNED,
    DELIVERY_CANCELLED,
    DELIVERY_CREATED,
    DELIVERY_DELIVERED,
    DELIVERY_RETURNED,
    DELIVERY_UNASSIGNED,
    ORDER_DELAYED,
    ORDER_HELD,
    ORDER_READY,
    ORDER_RELEASED,
)
from core.events.facts import SYSTEM, Fact
from core.events.work import Work, get_held, reacts_to, unit_of_work
from core.legs.commands import get_leg
from core.legs.models import DeliveryLeg
from core.legs.states import WITH_COURIER, LegState
from core.orders.access import read_order
from core.prepared import Prepared
from dispatch.locks import LockedLeg, lock_leg, lock_shifts
from dispatch.pins import drop_pin, lose_pin
from dispatch.policy import DEADLINE_AVAILABLE, WAKE_PLANS, Cause, PinEnd
from dispatch.search import end_search, hold_search, release_search, start_search


LOST_BY: Final = MappingProxyType(
    {
        Cause.COURIER_OFFLINE: PinEnd.COURIER_OFFLINE,
        Cause.NOT_MOVING: PinEnd.NOT_MOVING,
    }
)
"""How a pin ends, by why the pinned courier lost the leg; else they gave it back."""

_carried = Prepared(
    lambda courier: DeliveryLeg.objects.filter(
        courier_id=courier, state__in=sorted(WITH_COURIER)
    ).values_list("pk", flat=True),
    UUID,
)


@reacts_to(DELIVERY_CREATED)
def look_for_courier(fact: Fact, work: Work) -> None:
    """A new leg needs a courier."""
    leg = get_held(DeliveryLeg, fact.subject.id)
    if leg is not None:
        start_search(leg, work=work)


@reacts_to(DELIVERY_UNASSIGNED)
def look_for_another(fact: Fact, work: Work) -> None:
    """A leg lost its courier; unless it has the next one already, the search begins anew."""
    locked = lock_leg(fact.subject.id)
    affected = _note_courier(locked)
    if str(locked.search.pinned_to_id) == fact.data["lost_by"]:
        end = LOST_BY.get(fact.data["cause"], PinEnd.GIVEN_BACK)
        lose_pin(locked, end, work=work)
    if locked.leg.state == LegState.UNASSIGNED:
        start_search(locked.leg, work=work)
    else:
        locked.search.save()
    _count_load(affected, work=work)


@reacts_to(DELIVERY_ASSIGNED)
def stop_looking(fact: Fact, work: Work) -> None:
    """Somebody has it: the other offers end, and a pin to another courier."""
    locked = lock_leg(fact.subject.id)
    if locked.search.pinned_to_id != locked.leg.courier_id:
        drop_pin(locked, PinEnd.TAKEN, work=work)
    _end(fact, Cause.TAKEN, work)


@reacts_to(DELIVERY_DELIVERED, DELIVERY_RETURNED, DELIVERY_CANCELLED)
def let_go(fact: Fact, work: Work) -> None:
    """The leg has ended: nobody is asked any more, and its courier is free for another."""
    _end(fact, Cause.ORDER_ENDED, work)


@reacts_to(ORDER_READY, ORDER_DELAYED)
def think_again(fact: Fact, work: Work) -> None:
    """The food is ready at another time than the plan of a leg without courier believes.

    A ring after COMMIT, and no statement: should it be lost, the next minute's plan sees it.
    """
    leg = get_leg(read_order(fact.subject.id))
    if leg is not None and leg.state == LegState.UNASSIGNED:
        work.wake(WAKE_PLANS)


@reacts_to(ORDER_HELD)
def freeze(fact: Fact, work: Work) -> None:
    """A frozen order asks nobody."""
    leg = get_leg(read_order(fact.subject.id))
    if leg is not None:
        with unit_of_work(now=work.now, actor=SYSTEM) as own:
            hold_search(lock_leg(leg.pk), work=own)


@reacts_to(ORDER_RELEASED)
def thaw(fact: Fact, work: Work) -> None:
    """The search goes on where it was frozen."""
    leg = get_leg(read_order(fact.subject.id))
    if leg is not None:
        release_search(lock_leg(leg.pk), work=work)


def _end(fact: Fact, cause: Cause, work: Work) -> None:
    """Offers that end in the wake of something else are ended by the system."""
    with unit_of_work(now=work.now, actor=SYSTEM) as own:
        locked = lock_leg(fact.subject.id)
        affected = _note_courier(locked)
        end_search(locked, cause=cause, work=own)
        _count_load(affected, work=own)


def _note_courier(locked: LockedLeg) -> set[UUID]:
    """Note who has the leg, for the caller to save; return them and who had it before."""
    leg, search = locked.leg, locked.search
    had, has = search.courier_id, leg.courier_id if leg.state in WITH_COURIER else None
    search.courier_id = has
    return {each for each in (had, has) if each is not None}


def _count_load(courier_ids: set[UUID], *, work: Work) -> None:
    """Count the legs of the couriers.

    Counted under the shift's lock, so whichever transaction comes last sees the other's change.
    """
    for shift in lock_shifts(courier_ids).values():
        was_full = shift.is_full
        shift.count_legs(len(_carried(shift.pk)), now=work.now)
        shift.save(update_fields=["active_count", "idle_since"])
        if was_full and shift.is_online and not shift.is_full:
            set_deadline(DEADLINE_AVAILABLE, subject=shift.pk, due_at=work.now, work=work)
