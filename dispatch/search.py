"""The search for a leg's courier: rounds up the ladder until somebody takes it or it ends."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.deadlines.commands import clear_deadlines, hold_deadlines, set_deadline
from core.events.work import Work, get_held
from core.legs.commands import NO_PAY, assign_leg
from core.legs.ladder import ASK_AGAIN, Rung
from core.legs.models import DeliveryLeg, Pay
from core.legs.states import WITHOUT_COURIER, LegState
from core.people.models import Person
from dispatch.locks import LockedLeg, lock_leg, lock_open_offers, lock_shifts
from dispatch.matching.ranking import Choice, Need, Place, rank
from dispatch.models import CourierSearch, CourierShift, Offer
from dispatch.offers import dropoff_of, end_offer, lapse_if_none_open, make_offer, withdraw_offers
from dispatch.policy import (
    DEADLINE_ROUND,
    Cause,
    Mode,
    Step,
    ZonePolicy,
)
from dispatch.queries import get_candidates
from dispatch.rungs import promise_rung
from dispatch.states import OfferTrigger
from dispatch.travel.selection import travel
from dispatch.zones.deferral import leave_to_plan
from dispatch.zones.queries import get_policy


RARELY: Final = timedelta(minutes=5)
"""Between two looks of a search that has climbed every rung and still goes on."""


def start_search(leg: DeliveryLeg, *, work: Work) -> None:
    """Begin to look for a courier, from the first rung; part of the transaction that needs one.

    To begin again is for who has locked the leg, and so its search.
    """
    shop = leg.order.merchant
    search = get_held(CourierSearch, leg.pk)
    is_new = search is None
    if search is None:
        search = CourierSearch(leg=leg, latitude=shop.latitude, longitude=shop.longitude)
        work.hold(search)
    search.start(now=work.now)
    promise_rung(search, get_policy(shop.zone_id), work=work)
    if leg.order.held_at is not None:
        search.held_at = work.now
        hold_deadlines(subject=leg.id, now=work.now)
    else:
        set_deadline(DEADLINE_ROUND, subject=leg.id, due_at=work.now, work=work)
    search.save(force_insert=is_new)


def end_search(locked: LockedLeg, *, cause: Cause, work: Work) -> None:
    """Stop looking and withdraw what is open; a search that has ended has nothing open."""
    is_ended = locked.search.ended_at is not None
    locked.search.end(now=work.now)
    locked.search.save()
    if is_ended:
        return
    clear_deadlines(subject=locked.leg.id, kinds=[DEADLINE_ROUND, ASK_AGAIN, *Rung])
    withdraw_offers(lock_open_offers(locked.leg), cause=cause, work=work)


def hold_search(locked: LockedLeg, *, work: Work) -> None:
    """Freeze the search and its ladder; open offers end."""
    if not locked.search.is_running:
        return
    locked.search.hold(now=work.now)
    locked.search.save()
    clear_deadlines(subject=locked.leg.id, kinds=[DEADLINE_ROUND])
    withdraw_offers(lock_open_offers(locked.leg), cause=Cause.ORDER_HELD, work=work)
    lapse_if_none_open(locked.leg, work=work)


def release_search(locked: LockedLeg, *, work: Work) -> None:
    """Go on where the ladder was frozen."""
    search = locked.search
    if search.held_at is None:
        return
    if locked.leg.search_waits_until is not None:
        locked.leg.search_waits_until += work.now - search.held_at
        locked.leg.save()
    search.started_at += work.now - search.held_at
    search.held_at = None
    search.save()
    if search.is_running:
        set_deadline(DEADLINE_ROUND, subject=locked.leg.id, due_at=work.now, work=work)


def run_round(leg_id: UUID, *, work: Work) -> None:
    """Take one look, or leave it to the zone's plan."""
    locked = lock_leg(leg_id)
    if not locked.search.is_running or locked.leg.state not in WITHOUT_COURIER:
        return
    policy = get_policy(locked.order.merchant.zone_id)
    if not leave_to_plan(locked, policy, work=work):
        look(locked, policy, work=work)


def look(locked: LockedLeg, policy: ZonePolicy, *, work: Work) -> None:
    """Make the offers that are due now, and plan the next look."""
    search = locked.search
    search.save()
    missing = _make_offers(locked, policy, work=work)
    if locked.leg.state != LegState.ASSIGNED:
        plan_next_look(search, policy, missing=missing, work=work)


def plan_next_look(
    search: CourierSearch, policy: ZonePolicy, *, missing: bool, work: Work
) -> None:
    """Look again when the ladder rises, or sooner when somebody is missing."""
    mark = policy.next_mark(work.now - search.started_at)
    due_at = search.started_at + mark if mark is not None else work.now + RARELY
    if missing:
        due_at = min(due_at, work.now + timedelta(seconds=policy.search_again_seconds))
    set_deadline(DEADLINE_ROUND, subject=search.pk, due_at=due_at, work=work)


def _step(locked: LockedLeg, policy: ZonePolicy, elapsed: timedelta) -> Step:
    """Return the rung; a pinned courier is asked alone, wherever they are."""
    if locked.search.pinned_to_id is None:
        return policy.step_at(elapsed)
    return one_by_one(policy, elapsed, is_pinned=True)


def one_by_one(
    policy: ZonePolicy, elapsed: timedelta, *, is_pinned: bool = False, is_planned: bool = False
) -> Step:
    """Return how one chosen courier is asked: for the extra pay of the rung, and no more."""
    narrow = replace(policy, offer_mode=Mode.ONE).step_at(timedelta(0))
    bonus = policy.step_at(elapsed).bonus_minor
    return replace(narrow, bonus_minor=bonus, is_pinned=is_pinned, is_planned=is_planned)


def _make_offers(locked: LockedLeg, policy: ZonePolicy, *, work: Work) -> bool:
    """Fill this rung's places; true when some stay empty."""
    step = _step(locked, policy, work.now - locked.search.started_at)
    opened = lock_open_offers(locked.leg)
    places = step.size - len(opened)
    if places <= 0:
        return False
    need = _need(locked)
    candidates = get_candidates(
        locked.leg,
        pickup=need.pickup,
        within_metres=policy.board_metres,
        without={offer.courier_id for offer in opened},
        only=need.pinned_to,
    )
    ranking = rank(candidates, need, work.now, step, minutes=travel().minutes)
    best = ranking.chosen[:places]
    if not best:
        return True
    locked.search.round += 1
    locked.search.ranking = ranking.as_json()
    locked.search.save()
    shifts = lock_shifts(choice.courier_id for choice in best)
    asked = [choice for choice in best if may_be_asked(shifts.get(choice.courier_id))]
    ask(locked, asked, shifts, step=step, work=work)
    return len(asked) < places


def _need(locked: LockedLeg) -> Need:
    shop = locked.order.merchant
    return Need(
        pickup=Place(latitude=shop.latitude, longitude=shop.longitude),
        dropoff=dropoff_of(locked.order),
        excluded=frozenset(UUID(each) for each in locked.search.excluded),
        pinned_to=locked.search.pinned_to_id,
    )


def may_be_asked(shift: CourierShift | None) -> bool:
    """Look again under the shift's lock: the ranking was read without it."""
    return shift is not None and shift.is_online and not shift.is_full


def is_wanted(courier_id: UUID, search: CourierSearch) -> bool:
    """Whether operators let this courier be asked; the search is locked."""
    if search.pinned_to_id is not None:
        return search.pinned_to_id == courier_id
    return str(courier_id) not in search.excluded


def taken_because(offer: Offer, search: CourierSearch) -> dict[str, object]:
    """Why whoever takes the offer has the leg: an operator's pin outweighs why they were asked."""
    why = {"mode": offer.mode, "offer_id": str(offer.id), **offer.reason}
    if search.pinned_to_id != offer.courier_id:
        return why
    said = {"code": "pinned", "sentence": "An operator wanted you to carry it."}
    return {**why, **said, "reason": search.pin_reason}


def ask(
    locked: LockedLeg,
    choices: Sequence[Choice],
    shifts: dict[UUID, CourierShift],
    *,
    step: Step,
    work: Work,
) -> None:
    """Make offers; one to somebody who takes everything unseen is accepted at once."""
    for choice in choices:
        offer = make_offer(locked, choice=choice, step=step, work=work)
        if shifts[choice.courier_id].auto_accept:
            end_offer(offer, OfferTrigger.ACCEPT, work=work)
            give_leg(
                locked,
                courier=Person.objects.get(pk=choice.courier_id),
                bonus_minor=offer.bonus_minor,
                reason={**taken_because(offer, locked.search), "mode": Mode.AUTO},
                work=work,
            )
            return


def give_leg(
    locked: LockedLeg,
    *,
    courier: Person,
    bonus_minor: int | None,
    reason: Mapping[str, object],
    work: Work,
) -> None:
    """Assign the leg for its fee and `bonus_minor`, and keep why; the search ends by reaction.

    Without a bonus that was offered, nobody is paid: the shop carries it itself.
    """
    search = locked.search
    pay = NO_PAY
    if bonus_minor is not None:
        pay = Pay(fee_minor=locked.order.delivery_fee_minor, bonus_minor=bonus_minor)
    assign_leg(
        order=locked.order,
        leg=locked.leg,
        courier=courier,
        pay=pay,
        reason={**reason, "round": search.round, "ranking": search.ranking},
        work=work,
    )


def bonus_now(locked: LockedLeg, *, now: datetime) -> int:
    """Return the extra pay that this search offers at `now`, or did when it ended."""
    search = locked.search
    policy = get_policy(locked.order.merchant.zone_id)
    return policy.step_at((search.ended_at or now) - search.started_at).bonus_minor
