"""The ladder of a search that nobody answers: what comes next, and climbing what has come."""

from datetime import datetime
from uuid import UUID

from core.deadlines.commands import set_deadline
from core.deadlines.registry import deadline_handler
from core.events.work import Work
from core.legs.commands import postpone_search, raise_search
from core.legs.ladder import Rung
from core.legs.states import WITHOUT_COURIER
from core.orders.ending import Ending, end_fact, end_order
from core.orders.policy import Reason
from core.orders.states import Trigger
from dispatch.locks import LockedLeg, lock_leg, try_lock_leg
from dispatch.models import CourierSearch
from dispatch.offers import look_again
from dispatch.pins import lose_pin
from dispatch.policy import PinEnd, ZonePolicy
from dispatch.zones.queries import get_policy


def promise_rung(search: CourierSearch, policy: ZonePolicy, *, work: Work) -> None:
    """Let the search's next rung come at its time; nothing once all were climbed."""
    coming = _coming(search, policy)
    if coming:
        rung, due_at = coming[0]
        set_deadline(rung, subject=search.pk, due_at=due_at, work=work)


def _coming(search: CourierSearch, policy: ZonePolicy) -> list[tuple[Rung, datetime]]:
    """Return the rungs that are left, with their times, earliest first."""
    marks = policy.marks[search.rung_count :]
    return [(rung, search.started_at + after) for after, rung in marks]


def climb(leg_id: UUID, *, work: Work) -> None:
    """Climb every rung that has come, promise the next, and look for couriers on its terms."""
    locked = lock_leg(leg_id)
    search = locked.search
    if not search.is_running or locked.leg.state not in WITHOUT_COURIER:
        return
    work.correlation_id = work.correlation_id or f"order:{locked.order.pk}"
    policy = get_policy(locked.order.merchant.zone_id)
    come = [rung for rung, due_at in _coming(search, policy) if due_at <= work.now]
    search.rung_count += len(come)
    search.save()
    if Rung.ASK_SHOP in come:
        lose_pin(locked, PinEnd.TOO_LONG, work=work)
    for rung in come:
        _reach(rung, locked, policy, work=work)
    if Rung.GIVE_UP in come:
        return
    promise_rung(search, policy, work=work)
    if come:
        look_again(leg_id, work=work)
    else:
        postpone_search(order=locked.order, leg=locked.leg, work=work)


def _reach(rung: Rung, locked: LockedLeg, policy: ZonePolicy, *, work: Work) -> None:
    if rung is Rung.GIVE_UP:
        ending = Ending(end_fact(locked.order, work), Reason.NO_COURIER)
        end_order(Trigger.STOP, ending, order=locked.order, work=work)
        return
    step = policy.step_at(work.now - locked.search.started_at)
    terms = {"radius_metres": step.radius_metres, "bonus_minor": step.bonus_minor}
    raise_search(order=locked.order, leg=locked.leg, rung=rung, terms=terms, work=work)


def _climb_when_due(leg_id: UUID, work: Work) -> None:
    climb(leg_id, work=work)


for _rung in Rung:
    deadline_handler(_rung, lock=try_lock_leg)(_climb_when_due)
