"""What cannot wait is committed, with its reasons; the rest stays free."""

from dataclasses import replace

from hypothesis import given

from dispatch.matching import Demand, Skip, Zone, decide
from tests.matching.zones import SHOPS, courier, leg, zone, zones


class TestCommitments:
    def test_wait_while_there_is_time(self) -> None:
        """Three minutes to the shop and two of handling before it is ready at ten."""
        assert not decide(zone([courier("c")], [leg("a")], now=3.0)).commitments

    def test_come_when_the_courier_must_leave(self) -> None:
        [committed] = decide(zone([courier("c")], [leg("a")], now=5.0)).commitments
        assert (committed.courier_id, committed.new_leg_ids) == ("c", ("a",))

    def test_come_earlier_where_couriers_need_time_to_answer(self) -> None:
        some = replace(zone([courier("c")], [leg("a")], now=3.0), commit_ahead_minutes=3.0)
        assert decide(some).commitments

    def test_leave_later_trips_free(self) -> None:
        legs = [leg("a"), leg("b", "tea", ready_at=90.0)]
        [committed] = decide(zone([courier("c")], legs, now=5.0)).commitments
        assert committed.new_leg_ids == ("a",)

    def test_let_a_leg_join_the_trip_that_is_about_to_load(self) -> None:
        loading = replace(courier("c", at=SHOPS["noodles"]), committed=((leg("a"),),))
        [committed] = decide(zone([loading], [leg("b")], now=10.0)).commitments
        assert committed.new_leg_ids == ("b",)
        assert set(committed.trip.leg_ids) == {"a", "b"}

    def test_are_not_repeated_for_what_is_accepted(self) -> None:
        loading = replace(courier("c", at=SHOPS["noodles"]), committed=((leg("a"),),))
        assert not decide(zone([loading], [], now=10.0)).commitments

    @given(zones())
    def test_are_the_beginning_of_the_plan(self, some: Zone) -> None:
        decision = decide(some)
        for each in decision.commitments:
            assert each.trip in decision.plans[each.courier_id]
            assert set(each.new_leg_ids) <= {known.id for known in some.legs}


class TestReasons:
    def test_name_the_others_and_their_cost(self) -> None:
        couriers = [courier("near"), courier("other", at=(0.0, 6.0))]
        [committed] = decide(zone(couriers, [leg("a")], now=5.0)).commitments
        reason = committed.reasons["a"]
        assert [score.courier_id for score in reason.scores] == ["near", "other"]
        assert reason.scores[0].cost < reason.scores[1].cost

    def test_say_why_others_were_not_asked(self) -> None:
        wanted = replace(leg("a"), excluded=frozenset({"unwanted"}))
        couriers = [
            courier("near"),
            courier("unwanted"),
            replace(courier("tired"), shift_ends_at=6.0),
            replace(courier("full"), capacity=0),
        ]
        [committed] = decide(zone(couriers, [wanted], now=5.0)).commitments
        assert committed.reasons["a"].skipped == {
            "unwanted": Skip.EXCLUDED,
            "tired": Skip.SHIFT,
            "full": Skip.FULL,
        }

    def test_say_that_a_leg_is_pinned(self) -> None:
        pinned = replace(leg("a"), pinned_to="c")
        [committed] = decide(zone([courier("c"), courier("d")], [pinned], now=5.0)).commitments
        assert committed.reasons["a"].skipped == {"d": Skip.PINNED}

    @given(zones())
    def test_account_for_every_courier(self, some: Zone) -> None:
        for committed in decide(some).commitments:
            for reason in committed.reasons.values():
                named = [*(score.courier_id for score in reason.scores), *reason.skipped]
                assert sorted(named) == sorted(each.id for each in some.couriers)
                assert committed.courier_id in {score.courier_id for score in reason.scores}


class TestObstacles:
    def test_say_what_keeps_couriers_from_a_leg(self) -> None:
        wanted = replace(leg("a"), excluded=frozenset({"unwanted"}))
        couriers = [
            courier("unwanted"),
            replace(courier("tired"), shift_ends_at=6.0),
            replace(courier("full"), capacity=0),
            replace(courier("other"), capacity=0),
        ]
        decision = decide(zone(couriers, [wanted], now=5.0))
        assert decision.unassigned == ("a",)
        assert decision.obstacles == {
            "a": {Skip.EXCLUDED: 1, Skip.SHIFT: 1, Skip.FULL: 2},
        }

    def test_are_none_where_nobody_is(self) -> None:
        assert decide(zone([], [leg("a")], now=5.0)).obstacles == {"a": {}}


class TestSuggestions:
    TEA = (Demand(shop="tea", at=SHOPS["tea"], weight=1.0),)

    def test_send_the_idle_where_orders_are_expected(self) -> None:
        near = courier("c", at=(4.0, 0.0))
        [suggestion] = decide(replace(zone([near], []), demand=self.TEA)).suggestions
        assert (suggestion.courier_id, suggestion.shop) == ("c", "tea")

    def test_leave_alone_who_has_a_plan(self) -> None:
        busy = zone([courier("c", at=(4.0, 0.0))], [leg("a")])
        assert not decide(replace(busy, demand=self.TEA)).suggestions

    def test_send_nobody_where_somebody_waits(self) -> None:
        couriers = [courier("c", at=(4.0, 0.0)), courier("there", at=SHOPS["tea"])]
        assert not decide(replace(zone(couriers, []), demand=self.TEA)).suggestions

    def test_end_with_the_shift(self) -> None:
        over = replace(courier("c", at=(4.0, 0.0)), shift_ends_at=0.0)
        assert not decide(replace(zone([over], []), demand=self.TEA)).suggestions
