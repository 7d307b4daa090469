"""What any plan must keep, checked without the optimiser's own arithmetic."""

from collections import Counter
from itertools import chain

import pytest

from dispatch.matching import Courier, Decision, Leg, Trip, Zone
from tests.matching.zones import travel


def assert_feasible(zone: Zone, decision: Decision) -> None:
    """Every leg once at most, and every trip possible for its courier."""
    _assert_complete(zone, decision)
    for courier in zone.couriers:
        plan = decision.plans[courier.id]
        _assert_kept(courier, plan)
        for trip in plan:
            _assert_allowed(zone, courier, trip)
        _assert_times(zone, courier, plan)


def _known(zone: Zone) -> dict[str, Leg]:
    promised = chain.from_iterable(trip for courier in zone.couriers for trip in courier.committed)
    return {leg.id: leg for leg in (*zone.legs, *promised)}


def _assert_complete(zone: Zone, decision: Decision) -> None:
    planned = [key for plan in decision.plans.values() for trip in plan for key in trip.leg_ids]
    counts = Counter([*planned, *decision.unassigned])
    assert counts == Counter(_known(zone).keys())


def _assert_kept(courier: Courier, plan: tuple[Trip, ...]) -> None:
    """What was accepted stays, in its place."""
    for accepted, trip in zip(courier.committed, plan, strict=False):
        assert {leg.id for leg in accepted} <= set(trip.leg_ids)


def _assert_allowed(zone: Zone, courier: Courier, trip: Trip) -> None:
    legs = [_known(zone)[key] for key in trip.leg_ids]
    free = [leg for leg in legs if leg in zone.legs]
    assert {leg.shop for leg in legs} == {trip.shop}
    assert len(legs) <= courier.capacity
    assert all(leg.pinned_to in (None, courier.id) for leg in free)
    assert all(courier.id not in leg.excluded for leg in free)
    assert all(courier.vehicle in leg.vehicles for leg in free)
    assert not free or trip.pickup_at <= courier.shift_ends_at


def _assert_times(zone: Zone, courier: Courier, plan: tuple[Trip, ...]) -> None:
    known = _known(zone)
    here, clock = courier.at, courier.free_at
    for trip in plan:
        first = known[trip.leg_ids[0]]
        way = travel(here, first.pickup, courier.vehicle)
        if here != first.pickup:
            clock = max(clock, zone.now)
        assert trip.leave_at >= clock or trip.pickup_at == zone.now
        assert trip.pickup_at >= clock + way + zone.handling.pickup_minutes / 2
        assert trip.pickup_at >= max(known[key].ready_at for key in trip.leg_ids)
        assert trip.pickup_at >= zone.now
        here, clock = first.pickup, trip.pickup_at + zone.handling.pickup_minutes / 2
        for key, dropped_at in zip(trip.leg_ids, trip.dropoff_at, strict=True):
            clock += travel(here, known[key].dropoff, courier.vehicle)
            clock += zone.handling.dropoff_minutes / 2
            assert dropped_at == pytest.approx(clock)
            clock += zone.handling.dropoff_minutes / 2
            here = known[key].dropoff
