"""What dispatch does in the same transaction when an order or a leg changes."""

from core.deadlines.commands import set_deadline
from core.events.catalogue import (
    DELIVERY_ASSIGNED,
    DELIVERY_CANCELLED,
    DELIVERY_CREATED,
    DELIVERY_DELIVERED,
    DELIVERY_RETURNED,
    DELIVERY_UNASSIGNED,
    ORDER_HELD,
    ORDER_RELEASED,
)
from core.events.facts import SYSTEM, Fact
from core.events.work import Work, reacts_to, unit_of_work
from core.legs.models import DeliveryLeg
from core.legs.states import WITH_COURIER, LegState
from dispatch.locks import LockedLeg, lock_leg, lock_shifts
from dispatch.models import CourierSearch
from dispatch.policy import DEADLINE_AVAILABLE, Cause
from dispatch.search import end_search, hold_search, release_search, start_search


@reacts_to(DELIVERY_CREATED)
def look_for_courier(fact: Fact, work: Work) -> None:
    """A new leg needs a courier."""
    start_search(DeliveryLeg.objects.get(pk=fact.subject.id), work=work)


@reacts_to(DELIVERY_UNASSIGNED)
def look_for_another(fact: Fact, work: Work) -> None:
    """A leg lost its courier; unless it has the next one already, the search begins anew."""
    locked = lock_leg(fact.subject.id)
    if locked.leg.state == LegState.UNASSIGNED:
        start_search(locked.leg, work=work)
        locked.search.refresh_from_db()
    _count_load(locked, work=work)


@reacts_to(DELIVERY_ASSIGNED)
def stop_looking(fact: Fact, work: Work) -> None:
    """Somebody has it: the other offers end."""
    _end(fact, Cause.TAKEN, work)


@reacts_to(DELIVERY_DELIVERED, DELIVERY_RETURNED, DELIVERY_CANCELLED)
def let_go(fact: Fact, work: Work) -> None:
    """The leg has ended: nobody is asked any more, and its courier is free for another."""
    _end(fact, Cause.ORDER_ENDED, work)


@reacts_to(ORDER_HELD)
def freeze(fact: Fact, work: Work) -> None:
    """A frozen order asks nobody."""
    leg = DeliveryLeg.objects.filter(order_id=fact.subject.id).first()
    if leg is not None:
        with unit_of_work(now=work.now, actor=SYSTEM) as own:
            hold_search(lock_leg(leg.pk), work=own)


@reacts_to(ORDER_RELEASED)
def thaw(fact: Fact, work: Work) -> None:
    """The search goes on where it was frozen."""
    leg = DeliveryLeg.objects.filter(order_id=fact.subject.id).first()
    if leg is not None:
        release_search(lock_leg(leg.pk), work=work)


def _end(fact: Fact, cause: Cause, work: Work) -> None:
    """Offers that end in the wake of something else are ended by the system."""
    with unit_of_work(now=work.now, actor=SYSTEM) as own:
        locked = lock_leg(fact.subject.id)
        end_search(locked, cause=cause, work=own)
        _count_load(locked, work=own)


def _count_load(locked: LockedLeg, *, work: Work) -> None:
    """Count the legs of the courier who had this one and of the one who has it now.

    Counted under the shift's lock, so whichever transaction comes last sees the other's change.
    """
    leg, search = locked.leg, locked.search
    now_with = leg.courier_id if leg.state in WITH_COURIER else None
    affected = {each for each in (search.courier_id, now_with) if each is not None}
    CourierSearch.objects.filter(pk=leg.pk).update(courier_id=now_with)
    search.courier_id = now_with
    for shift in lock_shifts(affected).values():
        was_full = shift.is_full
        legs = DeliveryLeg.objects.filter(courier_id=shift.pk, state__in=WITH_COURIER)
        shift.count_legs(legs.count(), now=work.now)
        shift.save(update_fields=["active_count", "idle_since"])
        if was_full and shift.is_online and not shift.is_full:
            set_deadline(DEADLINE_AVAILABLE, subject=shift.pk, due_at=work.now, work=work)
