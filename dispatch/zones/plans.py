"""One plan of one zone: decided from rows, and the part that cannot wait offered.

Every transaction is fenced by the lease of who plans, so nobody acts on a plan for a zone that
belongs to another by now.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from core.database import run_repeatedly
from core.deadlines.models import Deadline
from core.events.facts import SYSTEM
from core.events.work import Work, unit_of_work
from core.legs.states import LegState
from dispatch.locks import LockedLeg, lock_leg, lock_shifts
from dispatch.matching import Budget, Commitment, Reason, decide
from dispatch.matching.ranking import Choice
from dispatch.models import CourierSearch
from dispatch.policy import DEADLINE_ROUND, PLAN_TRUST, ZonePolicy
from dispatch.search import ask, is_wanted, look, may_be_asked, one_by_one, plan_next_look
from dispatch.zones.hints import give_hints
from dispatch.zones.leases import Lease, fence
from dispatch.zones.memory import Memory
from dispatch.zones.moment import ready_of
from dispatch.zones.picture import Picture, read_picture
from dispatch.zones.queries import get_policy
from dispatch.zones.records import keep_plan, plan_record


MOST_SECONDS: Final = 0.1
"""Real seconds of search for a better plan."""
MOST_KEPT: Final = 50
"""Couriers of either kind, of those a reason tells of."""


def make_plan(lease: Lease, last: Memory, *, now: datetime) -> Memory:
    """Plan the zone at `now`, going on from the `last` plan, and offer what must start.

    :raises LeaseLost: another process has taken the zone; what was offered before stays.
    """
    started = time.monotonic()
    policy = get_policy(lease.zone_id)
    roads = last.roads.trimmed()
    picture = read_picture(lease.zone_id, policy, roads=roads, now=now)
    over_at = time.monotonic() + MOST_SECONDS
    decision = decide(
        replace(picture.zone, tentative=last.tentative),
        budget=Budget(is_over=lambda: time.monotonic() > over_at),
    )
    act = partial(_act, lease, now=now)
    offered = list(_within_reach(decision.commitments, picture))
    for commitment, leg_id in offered:
        act(leg_id, partial(_offer, commitment, leg_id, picture, policy))
    for leg_id in decision.unassigned:
        act(leg_id, partial(look, policy=policy))
    asked = frozenset(leg_id for _, leg_id in offered)
    rest = picture.waiting.keys() - asked - {*decision.unassigned}
    _let_wait(lease, picture, rest, now=now)
    give_hints(lease, decision.suggestions, picture, now=now)
    keep = partial(
        keep_plan,
        lease.zone_id,
        plan_record(decision, picture, asked),
        planned_at=now,
        took_ms=round(1000 * (time.monotonic() - started)),
    )
    run_repeatedly(partial(_fenced, lease, keep))
    return Memory(
        planned_at=now,
        roads=roads,
        tentative=decision.tentative,
        kitchens=picture.kitchens,
    )


def _within_reach(
    commitments: Iterable[Commitment], picture: Picture
) -> Iterator[tuple[Commitment, str]]:
    """Yield what may be offered; who carries all that fits is asked once there is room."""
    places = dict(picture.places)
    for commitment in commitments:
        for leg_id in commitment.new_leg_ids:
            if places[commitment.courier_id] > 0:
                places[commitment.courier_id] -= 1
                yield commitment, leg_id


def _act(lease: Lease, leg_id: str, do: Callable[..., None], *, now: datetime) -> None:
    """Do it in one fenced transaction, unless the leg has gone on meanwhile."""

    def transact() -> None:
        with unit_of_work(now=now, actor=SYSTEM) as work:
            locked = lock_leg(UUID(leg_id))
            if locked.search.is_running and locked.leg.state == LegState.UNASSIGNED:
                locked.search.plan_wanted_at = None
                do(locked, work=work)
                fence(lease)

    run_repeatedly(transact)


def _offer(
    commitment: Commitment,
    leg_id: str,
    picture: Picture,
    policy: ZonePolicy,
    locked: LockedLeg,
    *,
    work: Work,
) -> None:
    """Ask the planned courier, if they still may be asked; the next plan sees it if not."""
    courier_id, key = UUID(commitment.courier_id), commitment.courier_id
    shifts = lock_shifts([courier_id])
    reason, search = commitment.reasons[leg_id], locked.search
    if not may_be_asked(shifts.get(courier_id)) or not is_wanted(courier_id, search):
        return
    search.round += 1
    search.ranking = _ranking(reason, leg_id, picture)
    search.save()
    is_pinned, elapsed = search.pinned_to_id is not None, work.now - search.started_at
    step = one_by_one(policy, elapsed, is_pinned=is_pinned, is_planned=True)
    cost = next(each.cost for each in reason.scores if each.courier_id == key)
    choice = Choice(courier_id=courier_id, distance_metres=picture.metres(key, leg_id), score=cost)
    ask(locked, [choice], shifts, step=step, work=work)
    if locked.leg.state != LegState.ASSIGNED:
        plan_next_look(search, policy, missing=False, work=work)


def _ranking(reason: Reason, leg_id: str, picture: Picture) -> dict[str, Any]:
    """Shape kept with an assignment, as a ranking's: costs and reasons by courier id."""
    return {
        "matching": "optimise",
        "considered": len(reason.scores) + len(reason.skipped),
        "scores": {
            each.courier_id: {
                "score": each.cost,
                "distance_metres": picture.metres(each.courier_id, leg_id),
                "pickup_at": picture.moment.at(each.pickup_at).isoformat(),
            }
            for each in reason.scores[:MOST_KEPT]
        },
        "skipped": {key: why.value for key, why in list(reason.skipped.items())[:MOST_KEPT]},
    }


def _let_wait(lease: Lease, picture: Picture, leg_ids: Iterable[str], *, now: datetime) -> None:
    """Let searches stand back whose legs need not start yet; their ladders begin with the food.

    One kind of row a transaction: who locks a search and its deadline takes them the other way
    round. What has come up since the picture was taken is left as it is.
    """
    legs = [picture.waiting[leg_id] for leg_id in sorted(leg_ids)]
    early = [leg.pk for leg in legs if ready_of(leg.order) > now]
    wanted = {leg.pk: leg.search.plan_wanted_at for leg in legs if leg.search.plan_wanted_at}
    if wanted:
        asked = CourierSearch.objects.filter(
            pk__in=wanted, plan_wanted_at__lte=max(wanted.values())
        )
        run_repeatedly(partial(_fenced, lease, partial(asked.update, plan_wanted_at=None)))
    running = CourierSearch.objects.filter(
        pk__in=early, ended_at__isnull=True, held_at__isnull=True, started_at__lt=now
    )
    run_repeatedly(partial(_fenced, lease, partial(running.update, started_at=now)))
    looks = Deadline.objects.filter(
        kind=DEADLINE_ROUND,
        subject__in=[leg.pk for leg in legs],
        held_at__isnull=True,
        due_at__gt=now,
    )
    run_repeatedly(partial(_fenced, lease, partial(looks.update, due_at=now + PLAN_TRUST)))


def _fenced(lease: Lease, change: Callable[[], object]) -> None:
    with transaction.atomic():
        change()
        fence(lease)
