"""Nobody takes the leg: the search climbs its ladder."""

from datetime import timedelta

import pytest

from core.events.models import Event
from core.merchants.models import Merchant
from core.orders.models import Order
from dispatch.models import CourierShift, Offer
from tests.dispatch import scene
from tests.dispatch.scene import START


MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


class TestOneByOne:
    def test_asks_the_nearest_courier_for_thirty_seconds(self, shop: Merchant) -> None:
        near = scene.courier(300)
        scene.courier(900)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers(leg)
        assert offer.courier == near
        assert offer.expires_at == START + timedelta(seconds=30)
        assert offer.terms["distance_metres"] == pytest.approx(300, abs=2)

    def test_asks_the_next_at_once_when_the_first_lets_it_expire(self, shop: Merchant) -> None:
        near, far = scene.courier(300), scene.courier(900)
        leg = scene.leg(shop)
        scene.run(START)
        scene.run(START + timedelta(seconds=30))
        assert [offer.courier for offer in scene.open_offers(leg)] == [far]
        assert Offer.objects.get(courier=near).state == "expired"

    def test_asks_the_next_at_once_when_the_first_declines(self, shop: Merchant) -> None:
        near, far = scene.courier(300), scene.courier(900)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers(leg)
        scene.act("offer.decline", near, now=START + timedelta(seconds=3), offer_id=offer.id)
        scene.run(START + timedelta(seconds=3))
        assert [offer.courier for offer in scene.open_offers(leg)] == [far]

    def test_asks_nobody_farther_than_two_kilometres(self, shop: Merchant) -> None:
        scene.courier(2500)
        leg = scene.leg(shop)
        scene.run(START)
        assert scene.open_offers(leg) == []

    def test_asks_a_courier_who_comes_on_line(self, shop: Merchant) -> None:
        leg = scene.leg(shop)
        scene.run(START)
        late = scene.courier(300, now=START + timedelta(seconds=2))
        scene.run(START + timedelta(seconds=2))
        assert [offer.courier for offer in scene.open_offers(leg)] == [late]


class TestLaterSteps:
    def test_widens_the_radius_after_three_minutes(self, shop: Merchant) -> None:
        far = scene.courier(2500)
        leg = scene.leg(shop)
        scene.run(START)
        scene.keep_in_sight(START + 3 * MINUTE)
        scene.run(START + 3 * MINUTE)
        assert [offer.courier for offer in scene.open_offers(leg)] == [far]

    def test_adds_a_bonus_and_asks_three_after_five_minutes(self, shop: Merchant) -> None:
        for metres in (2600, 2700, 2800, 2900):
            scene.courier(metres)
        leg = scene.leg(shop)
        now = START + 5 * MINUTE
        scene.keep_in_sight(now)
        scene.run(now)
        assert [offer.bonus_minor for offer in scene.open_offers(leg)] == [300] * 3

    def test_asks_again_who_declined_without_the_bonus(self, shop: Merchant) -> None:
        near = scene.courier(300)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers(leg)
        scene.act("offer.decline", near, now=START, offer_id=offer.id)
        scene.run(START + MINUTE)
        assert scene.open_offers(leg) == []
        now = START + 5 * MINUTE
        scene.keep_in_sight(now)
        scene.run(now)
        assert [offer.courier for offer in scene.open_offers(leg)] == [near]

    def test_opens_the_board_to_everybody_within_the_radius(self, shop: Merchant) -> None:
        for metres in range(2600, 3200, 100):
            scene.courier(metres)
        leg = scene.leg(shop)
        now = START + timedelta(minutes=6, seconds=30)
        scene.keep_in_sight(now)
        scene.run(now)
        assert {offer.mode for offer in scene.open_offers(leg)} == {"board"}
        assert len(scene.open_offers(leg)) == 6


class TestEscalation:
    def test_asks_the_shop_alarms_the_operator_and_cancels(self, shop: Merchant) -> None:
        leg = scene.leg(shop)
        facts = {}
        for minute in range(21):
            scene.run(START + minute * MINUTE)
            facts[minute] = set(Event.objects.values_list("type", flat=True))
        assert "delivery.escalated" in facts[8] - facts[7]
        assert "order.operator_alarmed" in facts[10] - facts[9]
        assert "order.stopped" in facts[20] - facts[19]
        order = Order.objects.get(pk=leg.order_id)
        assert (order.state, order.cancel_reason) == ("cancelled", "no_courier")
        assert order.cancel_party == "platform"

    def test_leaves_nothing_behind(self, shop: Merchant) -> None:
        for metres in (300, 600, 900):
            scene.courier(metres)
        scene.leg(shop)
        for second in range(0, 1210, 10):
            now = START + timedelta(seconds=second)
            scene.keep_in_sight(now)
            scene.run(now)
        assert Order.objects.get().state == "cancelled"
        assert scene.open_offers() == []
        assert set(CourierShift.objects.values_list("active_count", flat=True)) == {0}


class TestIgnoredOffers:
    def test_three_in_a_row_put_a_courier_off_line(self, shop: Merchant) -> None:
        sleepy = scene.courier(300)
        for number in range(3):
            now = START + number * MINUTE
            scene.leg(shop, now=now)
            scene.keep_in_sight(now)
            scene.run(now)
            scene.run(now + timedelta(seconds=30))
        shift = CourierShift.objects.get(pk=sleepy.pk)
        assert (shift.state, shift.offline_cause) == ("offline", "ignored_offers")
        assert Event.objects.filter(type="courier.offline").count() == 1
