"""Operators, holds and cancellations overrule the search and leave no orphan."""

from datetime import timedelta

import pytest

from core.deadlines.models import Deadline
from core.errors import NotAllowed
from core.events.facts import Actor
from core.events.work import Work, unit_of_work
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.orders.ending import Ending, end_fact, end_order
from core.orders.holding import hold_order, release_order
from core.orders.models import Order
from core.orders.policy import Reason
from core.orders.states import Trigger
from core.people.models import Person
from dispatch.commands import OfferEnded, OfferTaken
from dispatch.models import CourierShift, Offer
from dispatch.overruling import LegBeyondReach
from dispatch.shifts import CourierOffline
from tests.dispatch import scene
from tests.dispatch.scene import START


SOON = START + timedelta(seconds=5)
pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Person:
    return scene.person(is_operator=True)


def stop(order: Order, work: Work) -> None:
    end_order(Trigger.STOP, Ending(end_fact(order, work), Reason.OTHER), order=order, work=work)


def hold(order: Order, work: Work) -> None:
    with unit_of_work(now=work.now, actor=Actor("operator")) as own:
        hold_order(order=order, reason="check", work=own)


def release(order: Order, work: Work) -> None:
    release_order(order=order, work=work)


def load() -> dict[str, int]:
    """Return the legs counted by courier name."""
    return dict(CourierShift.objects.values_list("person__name", "active_count"))


class TestAssign:
    def test_works_without_an_offer(self, shop: Merchant, operator: Person) -> None:
        leg, chosen = scene.leg(shop), scene.courier(5900)
        scene.act("leg.assign", operator, now=SOON, leg_id=leg.id, courier_id=str(chosen.pk))
        assert DeliveryLeg.objects.get().courier == chosen

    def test_beats_an_open_offer(self, shop: Merchant, operator: Person) -> None:
        near, chosen = scene.courier(300), scene.courier(900)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        scene.act("leg.assign", operator, now=SOON, leg_id=leg.id, courier_id=str(chosen.pk))
        assert scene.open_offers() == []
        with pytest.raises(OfferTaken):
            scene.act("offer.accept", near, now=SOON, offer_id=offer.id)

    def test_takes_the_leg_from_another(self, shop: Merchant, operator: Person) -> None:
        first, second = scene.courier(300), scene.courier(900)
        leg = scene.leg(shop)
        for chosen in (first, second):
            scene.act("leg.assign", operator, now=SOON, leg_id=leg.id, courier_id=str(chosen.pk))
        scene.run(SOON)
        assert load() == {first.name: 0, second.name: 1}
        assert scene.open_offers() == []

    def test_needs_the_courier_on_line(self, shop: Merchant, operator: Person) -> None:
        leg, absent = scene.leg(shop), scene.person(is_courier=True)
        with pytest.raises(CourierOffline):
            scene.act("leg.assign", operator, now=SOON, leg_id=leg.id, courier_id=str(absent.pk))

    def test_comes_too_late_after_pick_up(self, shop: Merchant, operator: Person) -> None:
        leg, chosen = scene.leg(shop), scene.courier(300)
        DeliveryLeg.objects.update(state="picked_up", courier=chosen)
        with pytest.raises(LegBeyondReach):
            scene.act("leg.assign", operator, now=SOON, leg_id=leg.id, courier_id=str(chosen.pk))

    def test_is_for_operators(self, shop: Merchant) -> None:
        leg, chosen = scene.leg(shop), scene.courier(300)
        with pytest.raises(NotAllowed):
            scene.act("leg.assign", chosen, now=SOON, leg_id=leg.id, courier_id=str(chosen.pk))


class TestExclude:
    def test_takes_the_offer_back_and_asks_another(self, shop: Merchant, operator: Person) -> None:
        near, far = scene.courier(300), scene.courier(900)
        leg = scene.leg(shop)
        scene.run(START)
        scene.act("leg.exclude", operator, now=SOON, leg_id=leg.id, courier_id=str(near.pk))
        scene.run(SOON)
        assert [offer.courier for offer in scene.open_offers()] == [far]

    def test_takes_the_leg_back(self, shop: Merchant, operator: Person) -> None:
        near = scene.courier(300)
        leg = scene.leg(shop)
        scene.act("leg.assign", operator, now=START, leg_id=leg.id, courier_id=str(near.pk))
        scene.act("leg.exclude", operator, now=SOON, leg_id=leg.id, courier_id=str(near.pk))
        scene.run(SOON)
        assert load() == {near.name: 0}
        assert scene.open_offers() == []


class TestEndOfOrder:
    def test_withdraws_open_offers_and_their_deadlines(self, shop: Merchant) -> None:
        near = scene.courier(300)
        leg = scene.leg(shop)
        scene.run(START)
        scene.with_order(leg.order_id, stop, now=SOON)
        (offer,) = Offer.objects.all()
        assert (offer.state, offer.cause) == ("withdrawn", "order_ended")
        assert not Deadline.objects.filter(subject__in=[leg.id, offer.id]).exists()
        with pytest.raises(OfferEnded):
            scene.act("offer.accept", near, now=SOON, offer_id=offer.id)

    def test_frees_the_courier(self, shop: Merchant) -> None:
        near = scene.courier(300)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        scene.act("offer.accept", near, now=START, offer_id=offer.id)
        scene.with_order(leg.order_id, stop, now=SOON)
        assert load() == {near.name: 0}


class TestHold:
    def test_withdraws_offers_and_freezes_the_ladder(self, shop: Merchant) -> None:
        far = scene.courier(2500)
        leg = scene.leg(shop)
        scene.run(START)
        scene.with_order(leg.order_id, hold, now=START + timedelta(minutes=1))
        late = START + timedelta(minutes=21)
        scene.keep_in_sight(late)
        scene.run(late)
        assert scene.open_offers() == []
        scene.with_order(leg.order_id, release, now=late)
        scene.run(late)
        assert scene.open_offers() == []
        later = late + timedelta(minutes=2)
        scene.keep_in_sight(later)
        scene.run(later)
        assert [offer.courier for offer in scene.open_offers()] == [far]

    def test_ends_open_offers(self, shop: Merchant) -> None:
        scene.courier(300)
        leg = scene.leg(shop)
        scene.run(START)
        scene.with_order(leg.order_id, hold, now=SOON)
        assert Offer.objects.get().cause == "order_held"
        assert DeliveryLeg.objects.get().state == "unassigned"
