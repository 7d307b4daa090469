"""The ladder of a search that nobody answers: what comes next, and climbing what has come."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.deadlines.commands import hold_deadlines, set_deadline
from core.deadlines.registry import deadline_handler
from core.errors import Conflict
from core.events.work import Work
from core.legs.commands import (
    ask_shop_again,
    postpone_search,
    raise_search,
    wait_for_courier,
)
from core.legs.ladder import ASK_AGAIN, Rung
from core.legs.models import DeliveryLeg
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


ANSWER_SPAN: Final = timedelta(minutes=3)
"""How long a shop has that is asked again, before the search may give up."""
LONGEST_WAIT: Final = timedelta(minutes=60)
"""Since the search's start: how long a shop may let its customer wait."""


class WaitedLongEnough(Conflict):
    """The customer has waited as long as a shop may let them."""

    code = "waited_long_enough"
    title = "The customer has waited long enough."


def promise_rung(search: CourierSearch, policy: ZonePolicy, *, work: Work) -> None:
    """Let the search's next rung come at its time; nothing once all were climbed."""
    coming = _coming(search, policy)
    if coming:
        rung, due_at = coming[0]
        set_deadline(rung, subject=search.pk, due_at=due_at, work=work)


def _coming(search: CourierSearch, policy: ZonePolicy) -> list[tuple[Rung, datetime]]:
    """Return the rungs that are left, with their times, earliest first."""
    marks = policy.marks[search.rung_count :]
    return [(rung, _not_before(rung, search, search.started_at + after)) for after, rung in marks]


def _not_before(rung: Rung, search: CourierSearch, due_at: datetime) -> datetime:
    """Do not give up while the shop waits, nor before it could say more."""
    until = search.leg.search_waits_until
    return (
        due_at if until is None or rung is not Rung.GIVE_UP else max(due_at, until + ANSWER_SPAN)
    )


def wait(*, leg_id: UUID, minutes: int, work: Work) -> DeliveryLeg:
    """The shop waits so long for a courier: the ladder goes on, yet does not give up before.

    :raises IllegalStep: nobody has asked the shop, or somebody has the leg.
    :raises WaitedLongEnough: the customer has waited as long as a shop may let them.
    """
    locked = lock_leg(leg_id)
    work.correlation_id = work.correlation_id or f"order:{locked.order.pk}"
    until = work.now + timedelta(minutes=minutes)
    wait_for_courier(order=locked.order, leg=locked.leg, until=until, work=work)
    longest = locked.search.started_at + LONGEST_WAIT
    if until > longest:
        raise WaitedLongEnough(until=longest)
    set_deadline(ASK_AGAIN, subject=leg_id, due_at=until, work=work)
    promise_rung(locked.search, get_policy(locked.order.merchant.zone_id), work=work)
    if locked.order.held_at is not None:
        hold_deadlines(subject=leg_id, now=work.now)
    return locked.leg


@deadline_handler(ASK_AGAIN, lock=try_lock_leg, of=DeliveryLeg)
def ask_again(leg_id: UUID, work: Work) -> None:
    """Ask the shop once more; the search gives up unless it says something."""
    locked = lock_leg(leg_id)
    if locked.search.is_running and locked.leg.state in WITHOUT_COURIER:
        work.correlation_id = work.correlation_id or f"order:{locked.order.pk}"
        ask_shop_again(order=locked.order, leg=locked.leg, work=work)


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
    deadline_handler(_rung, lock=try_lock_leg, of=DeliveryLeg)(_climb_when_due)
