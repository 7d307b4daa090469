"""Nobody takes the leg: the shop is asked, and one of its people may carry it."""

from datetime import timedelta

import pytest

from core.errors import Invalid, NotAllowed, NotFound
from core.events.queries import get_snapshot
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.orders.conflicts import IllegalStep
from core.orders.models import Order
from core.people.models import Person
from dispatch.commands import OfferTaken
from dispatch.models import CourierSearch, CourierShift
from notifications.models import Notice
from tests.dispatch import scene
from tests.dispatch.scene import START


SOON = START + timedelta(seconds=5)
ASKED = START + timedelta(minutes=8)
pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(shop: Merchant) -> Person:
    return scene.staff(shop)


def carry(leg: DeliveryLeg, who: Person, **arguments: str) -> None:
    scene.act("leg.self_deliver", who, now=SOON, leg_id=leg.id, **arguments)


class TestSelfDelivery:
    def test_needs_no_courier(self, shop: Merchant, clerk: Person) -> None:
        leg = scene.leg(shop, state="ready")
        carry(leg, clerk)
        pin = {"kind": "pin", "value": "1234"}
        for step, arguments in (
            ("arrive_pickup", {}),
            ("pick_up", {"number": leg.order.number}),
            ("arrive_dropoff", {}),
            ("deliver", {"proof": pin}),
        ):
            scene.act(f"leg.{step}", clerk, now=SOON, leg_id=leg.id, **arguments)
        assert Order.objects.get().state == "completed"
        assert not CourierShift.objects.exists()

    def test_ends_the_search_and_beats_open_offers(self, shop: Merchant, clerk: Person) -> None:
        near = scene.courier(300)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        carry(leg, clerk)
        assert CourierSearch.objects.get().ended_at == SOON
        with pytest.raises(OfferTaken) as refused:
            scene.act("offer.accept", near, now=SOON, offer_id=offer.id)
        assert refused.value.extra["taken_by"] == clerk.name
        assert DeliveryLeg.objects.get().assignment_reason["mode"] == "shop"

    def test_shows_on_the_board(self, shop: Merchant, clerk: Person) -> None:
        carry(scene.leg(shop), clerk)
        rows = {row["key"]: row["d"] for row in get_snapshot(f"merchant:{shop.pk}", now=SOON).rows}
        (order,) = [row for key, row in rows.items() if key.startswith("order:")]
        assert order["leg"]["courier"]["id"] == str(clerk.pk)

    def test_counts_for_a_clerk_who_is_a_courier_too(self, shop: Merchant, clerk: Person) -> None:
        Person.objects.filter(pk=clerk.pk).update(is_courier=True)
        clerk.refresh_from_db()
        scene.online(clerk, 300, now=START)
        carry(scene.leg(shop), clerk)
        assert CourierShift.objects.get().active_count == 1
        scene.act("courier.go_offline", clerk, now=SOON)
        scene.run(SOON)
        assert DeliveryLeg.objects.get().courier == clerk

    def test_may_be_given_back(self, shop: Merchant, clerk: Person) -> None:
        leg = scene.leg(shop)
        carry(leg, clerk)
        scene.act("leg.give_back", clerk, now=SOON, leg_id=leg.id)
        assert CourierSearch.objects.get().is_running

    def test_may_be_a_colleagues_or_an_operators_choice(
        self, shop: Merchant, clerk: Person
    ) -> None:
        carry(scene.leg(shop), scene.staff(shop), person_id=str(clerk.pk))
        carry(scene.leg(shop), scene.person(is_operator=True), person_id=str(clerk.pk))
        assert {leg.courier for leg in DeliveryLeg.objects.all()} == {clerk}


class TestRefusal:
    def test_comes_once_a_courier_has_it(self, shop: Merchant, clerk: Person) -> None:
        leg, operator = scene.leg(shop), scene.person(is_operator=True)
        chosen = scene.courier(300)
        arguments = {"courier_id": str(chosen.pk), "reason": "knows the way"}
        scene.act("leg.assign", operator, now=START, leg_id=leg.id, **arguments)
        assert DeliveryLeg.objects.get().assignment_reason["reason"] == "knows the way"
        with pytest.raises(IllegalStep):
            carry(leg, clerk)

    def test_comes_to_strangers_and_to_the_customer(self, shop: Merchant) -> None:
        leg = scene.leg(shop)
        with pytest.raises(NotFound):
            carry(leg, scene.courier(300))
        with pytest.raises(NotAllowed):
            carry(leg, leg.order.customer)

    def test_comes_when_nobody_of_the_shop_is_named(self, shop: Merchant, clerk: Person) -> None:
        leg, courier = scene.leg(shop), scene.courier(300)
        for who in (clerk, scene.person(is_operator=True)):
            with pytest.raises(NotFound):
                carry(leg, who, person_id=str(courier.pk))


class TestQuestion:
    def test_changes_the_boards_row_and_rings(self, shop: Merchant, clerk: Person) -> None:
        leg = scene.leg(shop)
        scene.run(START)
        version = Order.objects.get().version
        scene.run(ASKED)
        rows = {row["key"]: row for row in get_snapshot(f"merchant:{shop.pk}", now=ASKED).rows}
        row = rows[f"order:{leg.order_id}"]
        assert row["ver"] == version + 4  # one for each rung
        assert row["d"]["leg"]["search_escalated_at"].startswith("2026-03-02T04:08:00")
        notice = Notice.objects.get(template="no_courier")
        assert notice.recipients.get().person == clerk

    def test_is_settled_by_whoever_takes_it(self, shop: Merchant, clerk: Person) -> None:
        leg = scene.leg(shop)
        scene.run(ASKED)
        scene.act("leg.self_deliver", clerk, now=ASKED, leg_id=leg.id)
        assert DeliveryLeg.objects.get().search_escalated_at is None
        assert Notice.objects.get(template="no_courier").closed_at == ASKED

    def test_lets_the_shop_cancel_without_blame(self, shop: Merchant, clerk: Person) -> None:
        leg = scene.leg(shop)
        stop = {"order_id": leg.order_id, "reason": "no_courier"}
        with pytest.raises(Invalid):
            scene.act("order.stop", clerk, now=START, **stop)
        scene.run(ASKED)
        scene.act("order.stop", clerk, now=ASKED, **stop)
        order = Order.objects.get()
        assert (order.cancel_reason, order.cancel_party) == ("no_courier", "platform")
