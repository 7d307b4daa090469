"""Operators pin a leg to a courier: nobody else is asked, and nothing waits for ever."""

from datetime import timedelta

import pytest
from django.test import Client

from core.clock import clock
from core.deadlines.models import Deadline
from core.errors import NotAllowed
from core.events.models import Event
from core.events.work import Work
from core.legs.commands import get_leg, unassign_leg
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.orders.models import Order
from core.people.models import Person
from core.people.tokens import issue_token
from dispatch.models import CourierSearch, CourierShift, Offer
from dispatch.overruling import LegBeyondReach
from dispatch.policy import DEADLINE_ROUND, Cause, Vehicle
from dispatch.shifts import CourierOffline
from dispatch.zones.models import STANDARD
from tests.dispatch import scene
from tests.dispatch.scene import START


SOON = START + timedelta(seconds=5)
pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Person:
    return scene.person(is_operator=True)


def pin(leg: DeliveryLeg, to: Person, by: Person, **said: str) -> None:
    scene.act("leg.pin", by, now=START, leg_id=leg.pk, courier_id=str(to.pk), **said)


def asked() -> list[Person]:
    return [offer.courier for offer in scene.open_offers()]


def ends() -> list[tuple[str, str]]:
    """How pins have ended, and who did it."""
    facts = Event.objects.filter(type="search.unpinned").order_by("pk")
    return [(fact.data["cause"], fact.actor["type"]) for fact in facts]


def is_alarmed() -> bool:
    facts = Event.objects.filter(type="order.operator_alarmed")
    lost = [fact for fact in facts if fact.data["reason"] == "pin_lost"]
    return Order.objects.get().is_flagged and bool(lost)


def take_from_who_does_not_come(order: Order, work: Work) -> None:
    leg = get_leg(order)
    assert leg is not None
    unassign_leg(order=order, leg=leg, cause=Cause.NOT_MOVING, work=work)


class TestPin:
    def test_lets_nobody_else_be_asked(self, shop: Merchant, operator: Person) -> None:
        scene.courier(300)
        far, leg = scene.courier(1900), scene.leg(shop)
        pin(leg, far, operator)
        scene.run(START)
        assert asked() == [far]
        skipped = CourierSearch.objects.get().ranking["skipped"]
        assert skipped == {}

    def test_reaches_beyond_the_radius(self, shop: Merchant, operator: Person) -> None:
        scene.courier(300)
        far, leg = scene.courier(9000), scene.leg(shop)
        pin(leg, far, operator)
        scene.run(START)
        (offer,) = scene.open_offers()
        assert (offer.courier, offer.mode, offer.reason["code"]) == (far, "one", "pinned")

    def test_waits_until_the_courier_has_room(self, shop: Merchant, operator: Person) -> None:
        scene.courier(300)
        busy, leg = scene.courier(300, vehicle=Vehicle.WALK), scene.leg(shop)
        CourierShift.objects.filter(pk=busy.pk).update(active_count=1)
        pin(leg, busy, operator)
        scene.run(START)
        assert asked() == []
        CourierShift.objects.filter(pk=busy.pk).update(active_count=0)
        scene.run(START + timedelta(seconds=15))
        assert asked() == [busy]

    def test_ends_offers_to_others(self, shop: Merchant, operator: Person) -> None:
        near, far, leg = scene.courier(300), scene.courier(900), scene.leg(shop)
        scene.run(START)
        assert asked() == [near]
        pin(leg, far, operator)
        scene.run(START)
        assert asked() == [far]
        assert Offer.objects.get(courier=near).cause == "pinned"

    def test_leaves_the_couriers_own_offer(self, shop: Merchant, operator: Person) -> None:
        near, leg = scene.courier(300), scene.leg(shop)
        scene.run(START)
        pin(leg, near, operator, reason="knows the gate")
        scene.run(START)
        (offer,) = scene.open_offers()
        assert offer.reason["code"] == "best"
        scene.act("offer.accept", near, now=START, offer_id=offer.id)
        why = DeliveryLeg.objects.get(pk=leg.pk).assignment_reason
        assert (why["code"], why["reason"], why["mode"]) == ("pinned", "knows the gate", "one")

    def test_forgets_what_the_courier_refused_before(
        self, shop: Merchant, operator: Person
    ) -> None:
        near, leg = scene.courier(300), scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        scene.act("offer.decline", near, now=START, offer_id=offer.id)
        scene.act("leg.exclude", operator, now=START, leg_id=leg.pk, courier_id=str(near.pk))
        pin(leg, near, operator)
        scene.run(SOON)
        assert asked() == [near]

    def test_is_kept_as_a_fact_with_who_and_why(self, shop: Merchant, operator: Person) -> None:
        near, leg = scene.courier(300), scene.leg(shop)
        pin(leg, near, operator, reason="knows the gate")
        fact = Event.objects.get(type="search.pinned")
        who = {"type": "operator", "id": str(operator.pk), "reason": "knows the gate"}
        assert fact.actor == who
        assert fact.correlation_id == f"order:{leg.order_id}"
        assert (fact.data["courier_id"], fact.data["reason"]) == (str(near.pk), "knows the gate")

    def test_to_the_same_courier_again_changes_nothing(
        self, shop: Merchant, operator: Person
    ) -> None:
        near, leg = scene.courier(300), scene.leg(shop)
        pin(leg, near, operator, reason="first")
        pin(leg, near, operator, reason="second")
        assert CourierSearch.objects.get().pin_reason == "first"
        assert Event.objects.filter(type="search.pinned").count() == 1

    def test_moves_to_another_courier(self, shop: Merchant, operator: Person) -> None:
        first, second, leg = scene.courier(300), scene.courier(900), scene.leg(shop)
        pin(leg, first, operator)
        scene.run(START)
        pin(leg, second, operator)
        scene.run(SOON)
        assert asked() == [second]
        assert ends() == [("replaced", "operator")]
        assert not Order.objects.get().is_flagged

    def test_comes_too_late_once_another_has_it(self, shop: Merchant, operator: Person) -> None:
        near, far, leg = scene.courier(300), scene.courier(900), scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        scene.act("offer.accept", near, now=START, offer_id=offer.id)
        with pytest.raises(LegBeyondReach) as refused:
            pin(leg, far, operator)
        assert refused.value.extra["taken_by"] == near.name
        pin(leg, near, operator)
        assert CourierSearch.objects.get().pinned_to is None

    def test_needs_the_courier_on_line(self, shop: Merchant, operator: Person) -> None:
        with pytest.raises(CourierOffline):
            pin(scene.leg(shop), scene.person(is_courier=True), operator)

    def test_is_for_operators(self, shop: Merchant) -> None:
        near, leg = scene.courier(300), scene.leg(shop)
        with pytest.raises(NotAllowed):
            pin(leg, near, near)
        with pytest.raises(NotAllowed):
            scene.act("leg.unpin", near, now=START, leg_id=leg.pk)

    def test_is_shown_to_operators(self, client: Client, shop: Merchant, operator: Person) -> None:
        near, leg = scene.courier(300), scene.leg(shop)
        pin(leg, near, operator, reason="knows the gate")
        token = issue_token(person=operator, label="test", now=clock().now())
        headers = {"Authorization": f"Bearer {token}"}
        shown = client.get(f"/api/v1/legs/{leg.pk}/search", headers=headers).json()["pin"]
        assert shown["courier"] == {"id": str(near.pk), "name": near.name}
        assert shown["reason"] == "knows the gate"


class TestEnd:
    def test_comes_when_an_operator_takes_it_out(self, shop: Merchant, operator: Person) -> None:
        near, far, leg = scene.courier(300), scene.courier(5000), scene.leg(shop)
        CourierShift.objects.filter(pk=far.pk).update(active_count=3)
        pin(leg, far, operator)
        scene.run(START)
        scene.act("leg.unpin", operator, now=SOON, leg_id=leg.pk, reason="too far")
        scene.run(SOON)
        assert asked() == [near]
        assert ends() == [("operator", "operator")]
        assert not Order.objects.get().is_flagged

    def test_comes_with_a_refusal_and_an_alarm(self, shop: Merchant, operator: Person) -> None:
        near, far, leg = scene.courier(300), scene.courier(1900), scene.leg(shop)
        pin(leg, far, operator)
        scene.run(START)
        (offer,) = scene.open_offers()
        scene.act("offer.decline", far, now=SOON, offer_id=offer.id)
        scene.run(SOON)
        assert asked() == [near]
        assert ends() == [("declined", "courier")]
        assert is_alarmed()

    def test_comes_with_silence(self, shop: Merchant, operator: Person) -> None:
        near, far, leg = scene.courier(300), scene.courier(1900), scene.leg(shop)
        pin(leg, far, operator)
        scene.run(START)
        scene.run(START + timedelta(seconds=30))
        assert asked() == [near]
        assert ends() == [("expired", "system")]
        assert is_alarmed()

    @pytest.mark.parametrize("is_asked", [True, False])
    def test_comes_when_the_courier_goes_off_line(
        self, shop: Merchant, operator: Person, *, is_asked: bool
    ) -> None:
        near, far, leg = scene.courier(300), scene.courier(1900), scene.leg(shop)
        if not is_asked:
            CourierShift.objects.filter(pk=far.pk).update(active_count=3)
        pin(leg, far, operator)
        scene.run(START)
        assert asked() == ([far] if is_asked else [])
        scene.act("courier.go_offline", far, now=SOON)
        scene.run(SOON)
        assert asked() == [near]
        assert ends() == [("courier_offline", "system")]
        assert is_alarmed()

    @pytest.mark.parametrize("cause", ["courier_offline", "given_back", "not_moving"])
    def test_comes_when_the_courier_had_it_and_has_it_no_more(
        self, shop: Merchant, operator: Person, cause: str
    ) -> None:
        near, far, leg = scene.courier(300), scene.courier(1900), scene.leg(shop)
        pin(leg, far, operator)
        scene.run(START)
        (offer,) = scene.open_offers()
        scene.act("offer.accept", far, now=START, offer_id=offer.id)
        if cause == "courier_offline":
            scene.act("courier.go_offline", far, now=SOON)
        elif cause == "given_back":
            scene.act("leg.give_back", far, now=SOON, leg_id=leg.pk)
        else:
            scene.with_order(leg.order_id, take_from_who_does_not_come, now=SOON)
        scene.run(SOON)
        assert asked() == [near]
        assert [how for how, _ in ends()] == [cause]
        assert is_alarmed()

    def test_comes_when_nobody_has_it_for_too_long(self, shop: Merchant, operator: Person) -> None:
        near, busy, leg = scene.courier(300), scene.courier(900), scene.leg(shop)
        CourierShift.objects.filter(pk=busy.pk).update(active_count=3)
        pin(leg, busy, operator)
        now = START
        while now < START + STANDARD.ask_shop_after:
            scene.keep_in_sight(now)
            scene.run(now)
            assert asked() == []
            now += timedelta(seconds=15)
        scene.keep_in_sight(now)
        scene.run(now)
        assert near in asked()
        assert ends() == [("too_long", "system")]
        assert is_alarmed()

    @pytest.mark.parametrize("how", ["reassigned", "excluded"])
    def test_comes_with_another_word_of_the_operator(
        self, shop: Merchant, operator: Person, how: str
    ) -> None:
        near, far, leg = scene.courier(300), scene.courier(1900), scene.leg(shop)
        pin(leg, far, operator)
        scene.run(START)
        name, who = ("leg.assign", near) if how == "reassigned" else ("leg.exclude", far)
        scene.act(name, operator, now=SOON, leg_id=leg.pk, courier_id=str(who.pk))
        scene.run(SOON)
        assert near in [*asked(), DeliveryLeg.objects.get().courier]
        assert ends() == [(how, "operator")]
        assert not Order.objects.get().is_flagged

    def test_comes_when_the_shop_delivers_itself(self, shop: Merchant, operator: Person) -> None:
        far, leg = scene.courier(1900), scene.leg(shop)
        pin(leg, far, operator)
        scene.run(START)
        scene.act("leg.self_deliver", scene.staff(shop), now=SOON, leg_id=leg.pk)
        assert asked() == []
        assert [cause for cause, _ in ends()] == ["taken"]
        assert not Deadline.objects.filter(kind=DEADLINE_ROUND, subject=leg.pk).exists()
