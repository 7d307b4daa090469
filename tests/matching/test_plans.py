"""Plans are feasible, better than insertion, the same for the same seed, and ready at any time."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from dispatch.matching import Budget, Zone, decide
from tests.matching.feasibility import assert_feasible
from tests.matching.zones import COURIER_IDS, courier, leg, zone, zones


SEEDS = st.integers(0, 2**32)
INSERTION_ONLY = Budget(rounds=0)
SHORT = Budget(rounds=20)
LEG_IDS = [f"leg-{number}" for number in range(9)]


class TestDecide:
    @given(zones(), SEEDS)
    def test_plans_only_what_is_feasible(self, some: Zone, seed: int) -> None:
        assert_feasible(some, decide(some, budget=SHORT, seed=seed))

    @given(zones(), SEEDS)
    def test_is_never_worse_than_insertion(self, some: Zone, seed: int) -> None:
        inserted = decide(some, budget=INSERTION_ONLY)
        assert decide(some, budget=SHORT, seed=seed).cost <= inserted.cost

    @given(zones(), SEEDS)
    def test_is_the_same_for_the_same_seed(self, some: Zone, seed: int) -> None:
        assert decide(some, budget=SHORT, seed=seed) == decide(some, budget=SHORT, seed=seed)

    @given(zones(), st.integers(0, 20))
    def test_answers_whenever_time_is_up(self, some: Zone, looks: int) -> None:
        looked = count()
        decision = decide(some, budget=Budget(is_over=lambda: next(looked) >= looks))
        assert decision.rounds in (0, looks)
        assert_feasible(some, decision)

    @given(zones(), st.integers(0, 30))
    def test_goes_on_from_the_last_plan(self, some: Zone, later: int) -> None:
        before = decide(some, budget=SHORT)
        then = replace(some, now=some.now + later, tentative=before.tentative)
        assert_feasible(then, decide(then, budget=INSERTION_ONLY))

    @given(
        zones(),
        st.dictionaries(
            st.sampled_from(COURIER_IDS),
            st.lists(st.lists(st.sampled_from([*LEG_IDS, "c0-0", "gone"]), max_size=6)),
        ),
    )
    def test_trusts_no_last_plan(self, some: Zone, told: dict[str, list[list[str]]]) -> None:
        resumed = replace(some, tentative=told)
        assert_feasible(resumed, decide(resumed, budget=INSERTION_ONLY))

    @given(zones())
    def test_keeps_its_cost_when_nothing_has_changed(self, some: Zone) -> None:
        before = decide(some, budget=SHORT)
        again = decide(replace(some, tentative=before.tentative), budget=INSERTION_ONLY)
        assert again.cost <= before.cost + 1e-6


class TestTrips:
    def test_share_one_pickup_at_one_shop(self) -> None:
        legs = [leg("a", to=(6.0, 6.0)), leg("b", to=(6.0, 7.0))]
        [trip] = decide(zone([courier("c")], legs)).plans["c"]
        assert trip.leg_ids == ("a", "b")

    def test_hold_no_more_than_fits(self) -> None:
        legs = [leg(name, to=(6.0, 6.0)) for name in "abcdefgh"]
        plan = decide(zone([courier("c")], legs)).plans["c"]
        assert [len(trip.leg_ids) for trip in plan] == [3, 3, 2]

    def test_go_to_who_is_at_the_door_first(self) -> None:
        couriers = [courier("far", at=(9.0, 9.0)), courier("near")]
        assert _who(zone(couriers, [leg("a")])) == ["near"]

    def test_wait_for_a_busy_courier_who_ends_nearby(self) -> None:
        couriers = [courier("idle", at=(15.0, 15.0)), courier("busy", free_at=8.0)]
        assert _who(zone(couriers, [leg("a")])) == ["busy"]

    def test_are_nobodys_when_nobody_may(self) -> None:
        alone = replace(leg("a"), excluded=frozenset({"c"}))
        assert decide(zone([courier("c")], [alone])).unassigned == ("a",)

    def test_follow_a_pin_against_all_reason(self) -> None:
        couriers = [courier("far", at=(15.0, 15.0)), courier("near")]
        assert _who(zone(couriers, [replace(leg("a"), pinned_to="far")])) == ["far"]

    def test_start_no_later_than_the_shift_ends(self) -> None:
        tired = replace(courier("tired"), shift_ends_at=9.0)
        assert _who(zone([tired, courier("far", at=(15.0, 15.0))], [leg("a")])) == ["far"]

    def test_take_the_last_minutes_of_a_shift_first(self) -> None:
        couriers = [courier("early"), replace(courier("late"), shift_ends_at=11.0)]
        assert _who(zone(couriers, [leg("a")])) == ["late"]


class TestSearch:
    def test_finds_what_insertion_misses(self) -> None:
        """The first leg takes the courier in between, whom the second one needs more."""
        couriers = [courier("left", at=(0.0, 9.0)), courier("middle", at=(4.0, 0.0))]
        legs = [
            leg("a", ready_at=4.0, to=(0.0, 1.0)),
            leg("b", "tea", ready_at=5.0, to=(10.0, 1.0)),
        ]
        hard = zone(couriers, legs)
        assert decide(hard).cost < decide(hard, budget=INSERTION_ONLY).cost


def _who(some: Zone) -> Sequence[str]:
    return [key for key, plan in decide(some).plans.items() if plan]
