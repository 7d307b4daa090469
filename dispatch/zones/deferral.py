"""A search in a zone with a plan asks for the plan and stands back, as long as somebody plans."""

from core.deadlines.commands import set_deadline
from core.events.work import Work
from core.legs.states import LegState
from dispatch.locks import LockedLeg
from dispatch.policy import (
    DEADLINE_ROUND,
    PLAN_PATIENCE,
    WAKE_PLANS,
    Matching,
    ZonePolicy,
)
from dispatch.zones.leases import shared_now
from dispatch.zones.queries import get_owner


def leave_to_plan(locked: LockedLeg, policy: ZonePolicy, *, work: Work) -> bool:
    """Ask for a plan and look again later, true; or false when the search must look for itself.

    It must when its zone has no plan or no owner, when a plan it asked for does not come, and
    when plans have found nobody for too long.
    """
    search = locked.search
    elapsed = work.now - search.started_at
    asked_at = search.plan_wanted_at or work.now
    is_plans = policy.matching is Matching.OPTIMISE and elapsed < policy.ask_shop_after
    if (
        not is_plans
        or work.now - asked_at >= PLAN_PATIENCE
        or get_owner(locked.order.merchant.zone_id, at=shared_now()) is None
    ):
        search.plan_wanted_at = None
        return False
    if locked.leg.state == LegState.OFFERED:
        mark = policy.next_mark(elapsed) or policy.ask_shop_after
        set_deadline(DEADLINE_ROUND, subject=search.pk, due_at=search.started_at + mark, work=work)
        return True
    search.plan_wanted_at = asked_at
    search.save()
    set_deadline(DEADLINE_ROUND, subject=search.pk, due_at=asked_at + PLAN_PATIENCE, work=work)
    work.wake(WAKE_PLANS)
    return True
