"""In a zone with a plan its owner decides for all legs at once; without an owner each looks."""

import signal
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from core.bell import bell
from core.clock import clock
from core.deadlines.models import Deadline
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.orders.models import Order
from core.people.models import Person
from dispatch.matching import Decision, decide
from dispatch.models import CourierSearch, Offer, ZoneLease
from dispatch.policy import DEADLINE_ROUND, PLAN_PATIENCE, PLAN_TRUST, WAKE_PLANS
from dispatch.zones.keeper import ZoneKeeper
from dispatch.zones.leases import shared_now
from dispatch.zones.models import STANDARD
from dispatch.zones.picture import new_roads, read_picture
from dispatch.zones.planner import Planner
from tests.builders import act, make_scene
from tests.dispatch import scene
from tests.dispatch.scene import START
from tests.dispatch.test_runner import PATIENCE_SECONDS, dispatcher, eventually
from tests.dispatch.test_zone_leases import owners


MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
MOST_STATEMENTS = 8
"""Zone, habits, legs, couriers, what they carry, what they are offered, who refused what."""


def optimise(shop: Merchant, *, now: datetime = START, **settings: Any) -> None:
    operator = scene.person(is_operator=True)
    values = {"matching": "optimise", **settings}
    act("zone.configure", by=operator, on=shop.zone_id, now=now, **values)


@pytest.fixture
def planner(shop: Merchant) -> Planner:
    """Return the planner of the shop's zone, whose lease outlasts the test."""
    optimise(shop)
    keeper = ZoneKeeper()
    keeper.keep()
    ZoneLease.objects.update(until=shared_now() + timedelta(hours=1))
    return Planner(keeper)


def leg(shop: Merchant, *, ready_at: datetime = START) -> DeliveryLeg:
    """Create a leg whose food is ready then."""
    made = scene.leg(shop)
    Order.objects.filter(pk=made.order_id).update(promised_ready_at=ready_at)
    return made


def look_and_plan(planner: Planner, now: datetime) -> None:
    scene.keep_in_sight(now)
    scene.run(now)
    planner.plan_due(now=now)


@pytest.mark.django_db
class TestPlan:
    def test_is_asked_for_by_a_search_that_stands_back(
        self, shop: Merchant, planner: Planner
    ) -> None:
        scene.courier(300)
        leg(shop)
        scene.run(START)
        assert scene.open_offers() == []
        assert CourierSearch.objects.get().plan_wanted_at == START

    def test_offers_what_must_start_now(self, shop: Merchant, planner: Planner) -> None:
        near = scene.courier(300)
        scene.courier(1800)
        made = leg(shop)
        look_and_plan(planner, START)
        (offer,) = scene.open_offers(made)
        assert (offer.courier, offer.reason["code"]) == (near, "planned")
        assert CourierSearch.objects.get().plan_wanted_at is None

    def test_keeps_its_reasons_with_the_assignment(self, shop: Merchant, planner: Planner) -> None:
        near, other = scene.courier(300), scene.courier(1800)
        made = leg(shop)
        look_and_plan(planner, START)
        (offer,) = scene.open_offers()
        scene.act("offer.accept", near, now=START, offer_id=offer.id)
        reason = DeliveryLeg.objects.get(pk=made.pk).assignment_reason
        assert reason["ranking"]["matching"] == "optimise"
        scores = reason["ranking"]["scores"]
        assert scores[str(near.pk)]["score"] < scores[str(other.pk)]["score"]

    def test_lets_wait_what_need_not_start(self, shop: Merchant, planner: Planner) -> None:
        scene.courier(300)
        leg(shop, ready_at=START + 20 * MINUTE)
        look_and_plan(planner, START)
        assert scene.open_offers() == []
        assert CourierSearch.objects.get().plan_wanted_at is None
        assert Deadline.objects.get(kind=DEADLINE_ROUND).due_at == START + PLAN_TRUST

    def test_offers_it_just_in_time_and_nobody_is_alarmed(
        self, shop: Merchant, planner: Planner
    ) -> None:
        scene.courier(300)
        leg(shop, ready_at=START + 20 * MINUTE)
        now = START
        while not scene.open_offers() and now < START + 30 * MINUTE:
            look_and_plan(planner, now)
            now += timedelta(seconds=20)
        assert START + 15 * MINUTE < Offer.objects.get().offered_at <= START + 20 * MINUTE
        assert CourierSearch.objects.get().rung_count == 0

    def test_asks_the_next_at_once_when_one_declines(
        self, shop: Merchant, planner: Planner
    ) -> None:
        near, other = scene.courier(300), scene.courier(600)
        leg(shop)
        look_and_plan(planner, START)
        (offer,) = scene.open_offers()
        scene.act("offer.decline", near, now=START, offer_id=offer.id)
        look_and_plan(planner, START)
        assert [each.courier for each in scene.open_offers()] == [other]

    def test_never_asks_whom_an_operator_excluded(self, shop: Merchant, planner: Planner) -> None:
        near, other = scene.courier(300), scene.courier(600)
        made, operator = leg(shop), scene.person(is_operator=True)
        scene.act("leg.exclude", operator, now=START, leg_id=made.pk, courier_id=str(near.pk))
        look_and_plan(planner, START)
        assert [each.courier for each in scene.open_offers()] == [other]

    def test_leaves_alone_what_an_operator_assigned(
        self, shop: Merchant, planner: Planner
    ) -> None:
        scene.courier(300)
        far, operator, made = scene.courier(1800), scene.person(is_operator=True), leg(shop)
        scene.act("leg.assign", operator, now=START, leg_id=made.pk, courier_id=str(far.pk))
        look_and_plan(planner, START)
        assert scene.open_offers() == []
        assert DeliveryLeg.objects.get().courier == far

    def test_asks_only_whom_an_operator_pinned(self, shop: Merchant, planner: Planner) -> None:
        scene.courier(300)
        far, operator, made = scene.courier(9000), scene.person(is_operator=True), leg(shop)
        scene.act("leg.pin", operator, now=START, leg_id=made.pk, courier_id=str(far.pk))
        look_and_plan(planner, START)
        (offer,) = scene.open_offers()
        assert (offer.courier, offer.reason["code"]) == (far, "pinned")

    def test_asks_a_pinned_courier_no_sooner_than_need_be(
        self, shop: Merchant, planner: Planner
    ) -> None:
        near, operator = scene.courier(300), scene.person(is_operator=True)
        made = leg(shop, ready_at=START + 20 * MINUTE)
        scene.act("leg.pin", operator, now=START, leg_id=made.pk, courier_id=str(near.pk))
        look_and_plan(planner, START)
        assert scene.open_offers() == []
        look_and_plan(planner, START + 17 * MINUTE)
        assert [each.courier for each in scene.open_offers()] == [near]

    def test_asks_the_others_once_a_pinned_courier_refuses(
        self, shop: Merchant, planner: Planner
    ) -> None:
        near, far, operator = (
            scene.courier(300),
            scene.courier(900),
            scene.person(is_operator=True),
        )
        made = leg(shop)
        scene.act("leg.pin", operator, now=START, leg_id=made.pk, courier_id=str(far.pk))
        look_and_plan(planner, START)
        (offer,) = scene.open_offers()
        scene.act("offer.decline", far, now=START, offer_id=offer.id)
        look_and_plan(planner, START)
        assert [each.courier for each in scene.open_offers()] == [near]

    @pytest.mark.parametrize("word", ["pin", "exclude"])
    def test_yields_to_an_operator_who_speaks_while_it_is_made(
        self, shop: Merchant, planner: Planner, monkeypatch: pytest.MonkeyPatch, word: str
    ) -> None:
        near, far, operator = (
            scene.courier(300),
            scene.courier(900),
            scene.person(is_operator=True),
        )
        made = leg(shop)

        def decide_late(*given: Any, **options: Any) -> Decision:
            chosen = far if word == "pin" else near
            said = {"leg_id": made.pk, "courier_id": str(chosen.pk)}
            scene.act(f"leg.{word}", operator, now=START, **said)
            return decide(*given, **options)

        monkeypatch.setattr("dispatch.zones.plans.decide", decide_late)
        look_and_plan(planner, START)
        assert scene.open_offers() == []
        monkeypatch.undo()
        look_and_plan(planner, START)
        assert [each.courier for each in scene.open_offers()] == [far]

    def test_gives_at_once_to_who_takes_everything(self, shop: Merchant, planner: Planner) -> None:
        near = scene.courier(300)
        scene.act("courier.set_auto_accept", near, now=START, auto_accept=True)
        leg(shop)
        look_and_plan(planner, START)
        assert DeliveryLeg.objects.get().courier == near

    def test_asks_nobody_for_more_than_fits(self, shop: Merchant, planner: Planner) -> None:
        scene.courier(300)
        for _ in range(5):
            leg(shop)
        look_and_plan(planner, START)
        assert 1 <= len(scene.open_offers()) <= 3

    def test_leaves_to_the_ladder_what_nobody_can_take(
        self, shop: Merchant, planner: Planner
    ) -> None:
        leg(shop)
        look_and_plan(planner, START)
        assert CourierSearch.objects.get().ranking == {}
        again = Deadline.objects.get(kind=DEADLINE_ROUND)
        assert again.due_at == START + timedelta(seconds=15)

    def test_gives_up_to_the_ladder_in_time(self, shop: Merchant, planner: Planner) -> None:
        made, now = leg(shop), START
        while now <= START + 21 * MINUTE:
            look_and_plan(planner, now)
            now += timedelta(seconds=15)
        assert CourierSearch.objects.get().rung_count == 6
        assert DeliveryLeg.objects.get(pk=made.pk).state == "cancelled"


@pytest.mark.django_db
class TestKitchen:
    def test_that_is_early_has_its_courier_asked_at_once(
        self, shop: Merchant, planner: Planner
    ) -> None:
        scene.courier(300)
        made = leg(shop, ready_at=START + 20 * MINUTE)
        look_and_plan(planner, START)
        Order.objects.filter(pk=made.order_id).update(ready_at=START)
        assert planner.plan_due(now=START + SECOND) == 0
        assert planner.plan_due(now=START + SECOND, is_rung=True) == 1
        assert len(scene.open_offers()) == 1

    def test_that_delays_is_thought_of_at_once(self, shop: Merchant, planner: Planner) -> None:
        scene.courier(300)
        made = leg(shop, ready_at=START + 20 * MINUTE)
        look_and_plan(planner, START)
        assert planner.plan_due(now=START + SECOND, is_rung=True) == 0
        later = START + 30 * MINUTE
        Order.objects.filter(pk=made.order_id).update(promised_ready_at=later)
        assert planner.plan_due(now=START + SECOND, is_rung=True) == 1
        assert planner.plan_due(now=START + SECOND, is_rung=True) == 0


@pytest.mark.django_db(transaction=True)
class TestRing:
    """Planners are woken by kitchens, after COMMIT."""

    @pytest.mark.parametrize("step", ["ready", "delay"])
    def test_comes_with_another_time_of_the_food(self, step: str) -> None:
        city = make_scene()
        city.bring_to("preparing")
        woken = bell.waker(WAKE_PLANS)
        city.act(step, "staff", **({"minutes": 10} if step == "delay" else {}))
        assert woken.wait(PATIENCE_SECONDS)

    def test_does_not_come_for_what_somebody_has(self) -> None:
        city = make_scene()
        city.bring_to("preparing")
        city.assign()
        with patch.object(bell, "ring") as rung:
            city.act("ready", "staff")
        assert WAKE_PLANS not in {call.args[0] for call in rung.call_args_list}
        assert rung.called


@pytest.mark.django_db
class TestPicture:
    def test_takes_as_many_statements_for_many_legs_as_for_few(
        self, shop: Merchant, planner: Planner
    ) -> None:
        counts = []
        for more in (2, 20):
            for number in range(more):
                somebody = scene.courier(300 + number)
                act("courier.set_auto_accept", by=somebody, now=START, auto_accept=True)
                leg(shop)
                leg(shop, ready_at=START + 50 * MINUTE)
            scene.run(START)
            with CaptureQueriesContext(connection) as said:
                read_picture(shop.zone_id, STANDARD, roads=new_roads(), now=START)
            counts.append(len(said))
            look_and_plan(planner, START)
        assert counts[0] == counts[1] <= MOST_STATEMENTS

    def test_that_lets_everybody_wait_takes_few_statements(
        self, shop: Merchant, planner: Planner
    ) -> None:
        scene.courier(300)
        look_and_plan(planner, START)
        counts = []
        for more in (2, 20):
            for _ in range(more):
                leg(shop, ready_at=START + 50 * MINUTE)
            scene.run(START)
            with CaptureQueriesContext(connection) as said:
                assert planner.plan_due(now=START) == 1
            counts.append(len(said))
        assert counts[0] == counts[1]


@pytest.mark.django_db
class TestOwner:
    def test_is_not_missed_for_long(self, shop: Merchant, planner: Planner) -> None:
        ZoneLease.objects.update(until=shared_now())
        near = scene.courier(300)
        leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        assert (offer.courier, offer.reason["code"]) == (near, "best")

    def test_that_does_not_plan_is_waited_for_only_so_long(
        self, shop: Merchant, planner: Planner
    ) -> None:
        scene.courier(300)
        leg(shop)
        scene.until(START, START + PLAN_PATIENCE)
        (offer,) = scene.open_offers()
        assert offer.offered_at == START + PLAN_PATIENCE

    def test_that_was_overtaken_offers_nothing(self, shop: Merchant, planner: Planner) -> None:
        scene.courier(300)
        leg(shop)
        scene.run(START)
        ZoneLease.objects.update(token=F("token") + 1, owner="another")
        assert planner.plan_due(now=START) == 0
        assert not Offer.objects.exists()
        assert CourierSearch.objects.get().plan_wanted_at == START

    def test_plans_only_where_operators_say_so(self, shop: Merchant, planner: Planner) -> None:
        operator = scene.person(is_operator=True)
        act("zone.configure", by=operator, on=shop.zone_id, now=START, matching="greedy")
        scene.courier(300)
        leg(shop)
        scene.run(START)
        assert planner.plan_due(now=START) == 0
        assert [each.reason["code"] for each in scene.open_offers()] == ["best"]


@pytest.mark.django_db(transaction=True)
class TestProcesses:
    def test_another_owner_goes_on_from_the_database(self, shop: Merchant) -> None:
        now = clock().now()
        optimise(shop, now=now)
        processes = {process.pid: process for process in (dispatcher(), dispatcher())}
        try:
            eventually(lambda: len(owners()) == 1)
            (first,) = owners()
            waiting = waiting_leg(shop, scene.courier(300, now=clock().now()))
            eventually(lambda: has_been_planned(waiting))
            processes[first].send_signal(signal.SIGKILL)
            Order.objects.filter(pk=waiting.order_id).update(promised_ready_at=clock().now())
            eventually(lambda: bool(scene.open_offers(waiting)))
            assert owners() != [first]
            assert scene.open_offers(waiting)[0].reason["code"] == "planned"
        finally:
            for process in processes.values():
                process.kill()
                process.wait()


def waiting_leg(shop: Merchant, _courier: Person) -> DeliveryLeg:
    """Create a leg with a courier nearby, and time."""
    now = clock().now()
    made = scene.leg(shop, now=now)
    Order.objects.filter(pk=made.order_id).update(promised_ready_at=now + 30 * MINUTE)
    return made


def has_been_planned(leg: DeliveryLeg) -> bool:
    look = Deadline.objects.filter(kind=DEADLINE_ROUND, subject=leg.pk).first()
    return look is not None and look.due_at > clock().now() + 1.5 * MINUTE
