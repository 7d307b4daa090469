"""Couriers answer offers: one winner, and every other answer says what happened."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.errors import NotFound
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from dispatch.commands import OfferEnded, OfferExpired, OfferTaken
from dispatch.models import CourierShift, Offer
from dispatch.shifts import CourierFull, CourierOffline
from tests.dispatch import scene
from tests.dispatch.scene import START


SOON = START + timedelta(seconds=5)
BOARD = START + timedelta(minutes=7)
pytestmark = pytest.mark.django_db


def offered(shop: Merchant, metres: float = 300) -> Offer:
    """Let one courier be asked."""
    scene.courier(metres)
    leg = scene.leg(shop)
    scene.run(START)
    return scene.open_offers(leg)[0]


def on_the_board(shop: Merchant, count: int) -> list[Offer]:
    """Let several couriers be asked at once."""
    for number in range(count):
        scene.courier(4100 + number)
    leg = scene.leg(shop)
    scene.keep_in_sight(BOARD)
    scene.run(BOARD)
    return scene.open_offers(leg)


class TestAcceptOffer:
    def test_gives_the_courier_the_leg(self, shop: Merchant) -> None:
        offer = offered(shop)
        answer = scene.act("offer.accept", offer.courier, now=SOON, offer_id=offer.id)
        leg = DeliveryLeg.objects.get()
        assert answer["offer"]["state"] == "accepted"
        assert (leg.state, leg.courier) == ("assigned", offer.courier)
        assert CourierShift.objects.get().active_count == 1

    def test_keeps_the_reason(self, shop: Merchant) -> None:
        scene.courier(2500)
        offer = offered(shop)
        scene.act("offer.accept", offer.courier, now=SOON, offer_id=offer.id)
        ranking = DeliveryLeg.objects.get().assignment_reason["ranking"]
        assert str(offer.courier_id) in ranking["scores"]
        assert list(ranking["skipped"].values()) == ["far"]

    def test_twice_is_no_error(self, shop: Merchant) -> None:
        offer = offered(shop)
        for _ in range(2):
            answer = scene.act("offer.accept", offer.courier, now=SOON, offer_id=offer.id)
        assert answer["offer"]["state"] == "accepted"

    def test_tells_the_loser_who_won_and_when(self, shop: Merchant) -> None:
        winner, loser = on_the_board(shop, 2)
        scene.act("offer.accept", winner.courier, now=BOARD, offer_id=winner.id)
        with pytest.raises(OfferTaken) as refusal:
            scene.act("offer.accept", loser.courier, now=BOARD, offer_id=loser.id)
        assert refusal.value.extra["taken_by"] == winner.courier.name
        assert refusal.value.extra["taken_at"] == BOARD
        assert refusal.value.extra["offer"]["cause"] == "taken"

    def test_comes_too_late_at_the_very_second(self, shop: Merchant) -> None:
        offer = offered(shop)
        with pytest.raises(OfferExpired):
            scene.act("offer.accept", offer.courier, now=offer.expires_at, offer_id=offer.id)

    def test_comes_too_late_after_the_deadline_fired(self, shop: Merchant) -> None:
        offer = offered(shop)
        scene.run(offer.expires_at)
        with pytest.raises(OfferExpired):
            scene.act("offer.accept", offer.courier, now=offer.expires_at, offer_id=offer.id)

    def test_is_refused_once_declined(self, shop: Merchant) -> None:
        offer = offered(shop)
        scene.act("offer.decline", offer.courier, now=SOON, offer_id=offer.id)
        with pytest.raises(OfferEnded):
            scene.act("offer.accept", offer.courier, now=SOON, offer_id=offer.id)

    def test_is_refused_off_line(self, shop: Merchant) -> None:
        offer = offered(shop)
        scene.act("courier.go_offline", offer.courier, now=SOON)
        with pytest.raises(CourierOffline):
            scene.act("offer.accept", offer.courier, now=SOON, offer_id=offer.id)

    def test_is_refused_when_no_further_leg_fits(self, shop: Merchant) -> None:
        offer = offered(shop)
        CourierShift.objects.update(capacity=0)
        with pytest.raises(CourierFull):
            scene.act("offer.accept", offer.courier, now=SOON, offer_id=offer.id)

    def test_never_reveals_another_couriers_offer(self, shop: Merchant) -> None:
        offer = offered(shop)
        for offer_id in (offer.id, uuid4()):
            with pytest.raises(NotFound):
                scene.act("offer.accept", scene.courier(5), now=SOON, offer_id=offer_id)


class TestAutoAccept:
    def test_takes_the_leg_unseen(self, shop: Merchant) -> None:
        keen = scene.courier(300)
        scene.act("courier.set_auto_accept", keen, now=START, auto_accept=True)
        scene.leg(shop)
        scene.run(START)
        assert DeliveryLeg.objects.get().courier == keen
        assert Offer.objects.get().state == "accepted"


class TestTerms:
    def test_hide_the_door_until_acceptance(self, shop: Merchant) -> None:
        view = offered(shop).view()
        assert "Long street 1" not in str(view)
        assert view["dropoff_area"]["latitude"] == pytest.approx(31.221, abs=0.001)
