"""Operators overrule the search: they assign, exclude and pin couriers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from core.errors import Conflict, NotAllowed, NotFound
from core.events.facts import Actor
from core.events.work import Work, unit_of_work
from core.legs.commands import unassign_leg
from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from core.orders.conflicts import get_last_decision
from core.people.models import Person
from dispatch.locks import LockedLeg, lock_leg, lock_open_offers, lock_shifts
from dispatch.models import CourierShift
from dispatch.offers import lapse_if_none_open, look_again, withdraw_offers
from dispatch.pins import drop_pin, hold_pin
from dispatch.policy import BY_OPERATOR, Cause, PinEnd
from dispatch.search import bonus_now, give_leg
from dispatch.shifts import CourierOffline


BEFORE_PICKUP = (LegState.ASSIGNED, LegState.AT_PICKUP)


class LegBeyondReach(Conflict):
    """The leg has gone too far to change its courier."""

    code = "leg_not_assignable"
    title = "The leg cannot get another courier now."


def assign_courier(
    *, leg_id: UUID, courier_id: UUID, reason: str = "", now: datetime, actor: Actor
) -> DeliveryLeg:
    """Give the leg to a courier by an operator's decision, taking it from another if need be.

    `reason`, in the operator's words, is kept with the assignment. Capacity does not bind an
    operator; being on line does.

    :raises NotFound: no such leg or courier.
    :raises LegBeyondReach: the courier has the order already, or the leg has ended.
    :raises CourierOffline: the courier would not see it.
    """
    with unit_of_work(now=now, actor=actor) as work:
        locked = _lock_for_operator(leg_id, work)
        courier = _courier(courier_id)
        leg = locked.leg
        if locked.search.pinned_to_id != courier.pk:
            drop_pin(locked, PinEnd.REASSIGNED, work=work)
        if leg.state in BEFORE_PICKUP and leg.courier_id == courier.pk:
            return leg
        withdraw_offers(lock_open_offers(leg), cause=Cause.REASSIGNED, work=work)
        shifts = lock_shifts({courier.pk, leg.courier_id or courier.pk})
        _require_online(courier, shifts)
        if leg.state in BEFORE_PICKUP:
            unassign_leg(order=locked.order, leg=leg, cause=Cause.REASSIGNED, work=work)
        why = {"mode": BY_OPERATOR, "sentence": "An operator chose you.", "reason": reason}
        bonus_minor = bonus_now(locked, now=now)
        give_leg(locked, courier=courier, bonus_minor=bonus_minor, reason=why, work=work)
    return leg


def exclude_courier(*, leg_id: UUID, courier_id: UUID, now: datetime, actor: Actor) -> DeliveryLeg:
    """Never ask this courier for this leg; takes back what they were offered or given.

    :raises NotFound: no such leg.
    :raises LegBeyondReach: the courier has the order already, or the leg has ended.
    """
    with unit_of_work(now=now, actor=actor) as work:
        locked = _lock_for_operator(leg_id, work)
        leg = locked.leg
        locked.search.excluded = sorted({*locked.search.excluded, str(courier_id)})
        locked.search.save(update_fields=["excluded"])
        if locked.search.pinned_to_id == courier_id:
            drop_pin(locked, PinEnd.EXCLUDED, work=work)
            _look_again(locked, work=work)
        offers = [each for each in lock_open_offers(leg) if each.courier_id == courier_id]
        withdraw_offers(offers, cause=Cause.EXCLUDED, work=work)
        if leg.state in BEFORE_PICKUP and leg.courier_id == courier_id:
            unassign_leg(order=locked.order, leg=leg, cause=Cause.EXCLUDED, work=work)
        elif offers:
            lapse_if_none_open(leg, work=work)
            _look_again(locked, work=work)
    return leg


def pin_courier(
    *, leg_id: UUID, courier_id: UUID, reason: str = "", now: datetime, actor: Actor
) -> DeliveryLeg:
    """Let nobody but this courier be asked for the leg; when is the search's business.

    Open offers to others end, an exclusion of the courier too. The pin ends, and operators are
    alarmed, when the courier refuses or goes off line, and when nobody has the leg for too long.
    To pin whom it is pinned to already keeps the former reason; who has the leg needs no pin.

    :raises NotFound: no such leg or courier.
    :raises LegBeyondReach: another courier has it, or the leg has ended; who is in the members.
    :raises CourierOffline: the courier would not see it.
    """
    with unit_of_work(now=now, actor=actor) as work:
        locked = _lock_for_operator(leg_id, work)
        courier = _courier(courier_id)
        leg, search = locked.leg, locked.search
        if leg.state in BEFORE_PICKUP:
            if leg.courier_id != courier.pk:
                raise LegBeyondReach(state=leg.state, **_taken_by(leg))
            return leg
        if search.pinned_to_id == courier.pk:
            return leg
        _require_online(courier, lock_shifts([courier.pk]))
        drop_pin(locked, PinEnd.REPLACED, work=work)
        hold_pin(locked, courier_id=courier.pk, reason=reason, work=work)
        others = [each for each in lock_open_offers(leg) if each.courier_id != courier.pk]
        withdraw_offers(others, cause=Cause.PINNED, work=work)
        lapse_if_none_open(leg, work=work)
        _look_again(locked, work=work)
    return leg


def unpin_courier(*, leg_id: UUID, reason: str = "", now: datetime, actor: Actor) -> DeliveryLeg:
    """Let everybody be asked again; an open offer to the courier stays.

    :raises NotFound: no such leg.
    :raises LegBeyondReach: the courier has the order already, or the leg has ended.
    """
    with unit_of_work(now=now, actor=actor) as work:
        locked = _lock_for_operator(leg_id, work)
        if drop_pin(locked, PinEnd.OPERATOR, reason=reason, work=work):
            _look_again(locked, work=work)
    return locked.leg


def _lock_for_operator(leg_id: UUID, work: Work) -> LockedLeg:
    if work.actor.type != "operator":
        raise NotAllowed("only operators overrule the search")
    locked = lock_leg(leg_id)
    work.correlation_id = work.correlation_id or f"order:{locked.order.pk}"
    if locked.leg.state not in {LegState.UNASSIGNED, LegState.OFFERED, *BEFORE_PICKUP}:
        raise LegBeyondReach(state=locked.leg.state)
    return locked


def _look_again(locked: LockedLeg, *, work: Work) -> None:
    """Let the search look at once, unless it rests: it looks anew when it goes on."""
    if locked.search.is_running:
        look_again(locked.leg.pk, work=work)


def _courier(courier_id: UUID) -> Person:
    courier = Person.objects.filter(pk=courier_id, is_courier=True, is_active=True).first()
    if courier is None:
        raise NotFound("no such courier")
    return courier


def _require_online(courier: Person, shifts: Mapping[UUID, CourierShift]) -> None:
    if courier.pk not in shifts or not shifts[courier.pk].is_online:
        raise CourierOffline


def _taken_by(leg: DeliveryLeg) -> dict[str, Any]:
    return {
        "taken_by": leg.courier.name if leg.courier else None,
        "taken_at": leg.assigned_at,
        "decided_by": get_last_decision(f"leg:{leg.pk}"),
    }
