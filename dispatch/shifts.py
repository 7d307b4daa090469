"""Couriers go on and off line, and say how they want their offers."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from core.clock import clock
from core.deadlines.commands import set_deadline
from core.errors import Conflict, NotAllowed
from core.events.catalogue import COURIER_CHANGED, COURIER_OFFLINE, COURIER_ONLINE, EventType
from core.events.facts import Actor, Subject
from core.events.work import Work, unit_of_work
from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from core.people.models import Person
from dispatch.models import CourierSearch, CourierShift, Offer
from dispatch.policy import (
    CAPACITY,
    DEADLINE_AVAILABLE,
    DEADLINE_REVIEW,
    DEADLINE_WATCH,
    HEARTBEAT,
    MISSED_HEARTBEATS,
    Cause,
    Vehicle,
)
from dispatch.positions.in_rows import columns_of
from dispatch.positions.reports import Fix, Position
from dispatch.positions.store import positions
from dispatch.states import OfferState, ShiftTrigger


LEAST_PATIENCE_SECONDS: Final = 20.0
"""Real seconds, as networks do not get faster with the clock."""


class CourierOffline(Conflict):
    """Only a courier on line may do this."""

    code = "courier_offline"
    title = "The courier is off line."


class CourierFull(Conflict):
    """The courier has as many legs as fit."""

    code = "courier_full"
    title = "The courier has taken enough for now."


def go_online(
    *, person: Person, position: Position, vehicle: Vehicle, now: datetime, actor: Actor
) -> CourierShift:
    """Take offers from now on.

    :raises NotAllowed: the person is no courier.
    """
    with unit_of_work(now=now, actor=actor) as work:
        shift = lock_shift(person)
        shift.vehicle = vehicle
        shift.capacity = CAPACITY[vehicle]
        _place(shift, position, now=now)
        shift.apply(ShiftTrigger.GO_ONLINE, now=now)
        shift.save()
        record_change(COURIER_ONLINE, shift, work)
        set_deadline(DEADLINE_AVAILABLE, subject=shift.pk, due_at=now, work=work)
        set_deadline(DEADLINE_WATCH, subject=shift.pk, due_at=now + patience(), work=work)
    return shift


def go_offline(*, person: Person, now: datetime, actor: Actor) -> CourierShift:
    """Take no offers; what was not yet picked up goes back to the search.

    :raises NotAllowed: the person is no courier.
    """
    with unit_of_work(now=now, actor=actor) as work:
        shift = lock_shift(person)
        if shift.is_online:
            put_offline(shift, cause=Cause.OWN_WISH, work=work)
    return shift


def put_offline(shift: CourierShift, *, cause: Cause, work: Work) -> None:
    """End a locked shift; each leg that waits for this courier is looked at on its own.

    The legs' orders come before shifts in the locking order, so they cannot be changed here.
    """
    shift.apply(ShiftTrigger.GO_OFFLINE, now=work.now, cause=cause)
    shift.save()
    record_change(COURIER_OFFLINE, shift, work, cause=cause)
    if not shift.active_count:
        transaction.on_commit(partial(positions().forget, shift.pk))
    offered = Offer.objects.filter(courier_id=shift.pk, state=OfferState.OPEN)
    assigned = DeliveryLeg.objects.filter(
        courier_id=shift.pk, state__in=[LegState.ASSIGNED, LegState.AT_PICKUP]
    )
    pinned = CourierSearch.objects.filter(pinned_to=shift.pk, ended_at__isnull=True)
    leg_ids = {
        *offered.values_list("leg_id", flat=True),
        *assigned.values_list("pk", flat=True),
        *pinned.values_list("pk", flat=True),
    }
    for leg_id in sorted(leg_ids):
        set_deadline(DEADLINE_REVIEW, subject=leg_id, due_at=work.now, work=work)


def set_auto_accept(*, person: Person, value: bool, now: datetime, actor: Actor) -> CourierShift:
    """Take every offer unseen, or look at each.

    :raises NotAllowed: the person is no courier.
    """
    with unit_of_work(now=now, actor=actor) as work:
        shift = lock_shift(person)
        if shift.auto_accept != value:
            shift.set_auto_accept(value=value)
            shift.save()
            record_change(COURIER_CHANGED, shift, work)
    return shift


def lock_shift(person: Person) -> CourierShift:
    """Lock the courier's shift, creating it for their first one.

    :raises NotAllowed: the person is no courier.
    """
    if not person.is_courier:
        raise NotAllowed("only couriers have shifts")
    CourierShift.objects.get_or_create(pk=person.pk)
    return CourierShift.objects.select_for_update().get(pk=person.pk)


def patience() -> timedelta:
    """How long a courier on line may be silent: three heartbeats, and some real time."""
    return max(MISSED_HEARTBEATS * HEARTBEAT, clock().technical(LEAST_PATIENCE_SECONDS))


def _place(shift: CourierShift, position: Position, *, now: datetime) -> None:
    """Let the courier be there from now on; other devices are told after COMMIT."""
    fix = Fix(
        latitude=position.latitude,
        longitude=position.longitude,
        accuracy_metres=position.accuracy_metres,
        at=now,
        seen_at=now,
    )
    for name, value in columns_of(fix).items():
        setattr(shift, name, value)
    transaction.on_commit(partial(positions().put, shift.pk, fix))


def record_change(kind: EventType, shift: CourierShift, work: Work, **data: Any) -> None:
    """State a fact about the shift, whose row already says so."""
    work.record(
        kind,
        subject=Subject(kind="courier", id=UUID(str(shift.pk))),
        version=shift.version,
        data=data,
    )
