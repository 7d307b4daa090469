"""Many want the same leg at the same moment: one gets it, whatever the interleaving."""

from datetime import timedelta
from functools import partial

import pytest

from core.errors import PaidanError
from core.events.work import Work
from core.legs.models import DeliveryLeg
from core.orders.ending import Ending, end_fact, end_order
from core.orders.models import Order
from core.orders.policy import Reason
from core.orders.states import Trigger
from core.people.models import Person
from dispatch.models import CourierShift, Offer
from tests.concurrency.threads import together
from tests.dispatch import scene
from tests.dispatch.scene import START


BOARD = START + timedelta(minutes=7)
pytestmark = pytest.mark.django_db(transaction=True)


def accept(offer: Offer, *, now: timedelta = timedelta(0)) -> object:
    moment = offer.offered_at + now
    return scene.act("offer.accept", offer.courier, now=moment, offer_id=offer.id)


def asked(metres: float = 300) -> Offer:
    """Let one courier be asked for a new leg."""
    somebody = scene.courier(metres)
    leg = scene.leg(scene.shop())
    scene.run(START)
    (offer,) = [each for each in scene.open_offers(leg) if each.courier == somebody]
    return offer


def code(result: object) -> str:
    """Return the code of a refusal, or that it worked."""
    if isinstance(result, PaidanError):
        return result.code
    assert not isinstance(result, BaseException), result
    return "done"


def check_load() -> None:
    """The legs counted for each courier are the legs they have; nothing dangles."""
    for shift in CourierShift.objects.all():
        legs = DeliveryLeg.objects.filter(courier_id=shift.pk, ended_at__isnull=True)
        assert shift.active_count == legs.count()
    for offer in scene.open_offers():
        assert DeliveryLeg.objects.get(pk=offer.leg_id).state == "offered"


class TestFiftyCouriers:
    def test_tap_the_same_leg_and_one_wins(self) -> None:
        for number in range(50):
            scene.courier(4100 + number)
        leg = scene.leg(scene.shop())
        scene.keep_in_sight(BOARD)
        scene.run(BOARD)
        offers = scene.open_offers(leg)
        assert len(offers) == 50
        codes = [code(result) for result in together([partial(accept, each) for each in offers])]
        assert sorted(codes) == ["done"] + ["offer_taken"] * 49
        winner = offers[codes.index("done")].courier
        assert DeliveryLeg.objects.get().courier == winner
        check_load()


class TestTwoLegs:
    def test_cannot_both_fill_the_last_place_of_a_courier(self) -> None:
        somebody = scene.courier(300)
        shop = scene.shop()
        for _ in range(2):
            scene.leg(shop)
        scene.run(START)
        CourierShift.objects.update(capacity=1)
        results = together([partial(accept, each) for each in scene.open_offers()])
        assert sorted(map(code, results)) == ["courier_full", "done"]
        assert DeliveryLeg.objects.filter(courier=somebody).count() == 1
        check_load()


class TestRaces:
    """Each race is run a few times: either order of commits must be right."""

    @pytest.mark.parametrize("attempt", range(4))
    def test_accept_against_the_deadline(self, attempt: int) -> None:
        offer = asked()
        last = timedelta(seconds=29, microseconds=999_999)
        result, _ = together(
            [partial(accept, offer, now=last), lambda: scene.run(offer.expires_at)]
        )
        scene.run(offer.expires_at)
        leg = DeliveryLeg.objects.get()
        assert (leg.state == "assigned") == (code(result) == "done")
        assert code(result) in {"done", "offer_expired"}
        check_load()

    @pytest.mark.parametrize("attempt", range(4))
    def test_accept_against_a_cancellation(self, attempt: int) -> None:
        offer = asked()
        order_id = offer.leg.order_id
        result, stopped = together(
            [partial(accept, offer), partial(scene.with_order, order_id, stop, now=START)]
        )
        assert code(result) in {"done", "offer_ended"}
        assert stopped is None
        assert Order.objects.get().state == "cancelled"
        assert DeliveryLeg.objects.get().state == "cancelled"
        assert scene.open_offers() == []
        check_load()

    @pytest.mark.parametrize("attempt", range(4))
    def test_accept_against_going_off_line(self, attempt: int) -> None:
        offer = asked()
        result, away = together([partial(accept, offer), partial(leave, offer.courier)])
        assert code(away) == "done"
        assert code(result) in {"done", "courier_offline"}
        scene.run(START)
        leg = DeliveryLeg.objects.get()
        assert (leg.state, leg.courier) == ("unassigned", None)
        assert scene.open_offers() == []
        check_load()

    @pytest.mark.parametrize("attempt", range(4))
    def test_a_round_against_going_off_line(self, attempt: int) -> None:
        somebody = scene.courier(300)
        scene.leg(scene.shop())
        together([lambda: scene.run(START), partial(leave, somebody)])
        scene.run(START)
        assert scene.open_offers() == []
        check_load()


def leave(courier: Person) -> object:
    return scene.act("courier.go_offline", courier, now=START)


def stop(order: Order, work: Work) -> None:
    end_order(Trigger.STOP, Ending(end_fact(order, work), Reason.OTHER), order=order, work=work)
