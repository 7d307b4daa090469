"""Couriers who fall silent or do not move: their legs go to others, their bags to operators."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from core.events.models import Event
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.orders.models import Order
from core.people.models import Person
from dispatch.models import CourierShift
from tests.dispatch import scene
from tests.dispatch.scene import LONGITUDE, START, position


pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def take(somebody: Person, *, state: str = "assigned") -> DeliveryLeg:
    """Let the courier take the only leg, whose food is ready."""
    scene.run(START)
    (offer,) = scene.open_offers()
    scene.act("offer.accept", somebody, now=START, offer_id=offer.id)
    if state != "assigned":
        DeliveryLeg.objects.update(state=state, picked_up_at=START)
    return DeliveryLeg.objects.get()


def report(somebody: Person, metres: float, seconds: float) -> None:
    scene.act(
        "courier.report_position",
        somebody,
        now=START + seconds * SECOND,
        latitude=position(metres).latitude,
        longitude=LONGITUDE,
    )


def ride(somebody: Person, metres: Iterable[float]) -> None:
    """Report the places, one each 30 s, and let the time pass."""
    for number, each in enumerate(metres, start=1):
        report(somebody, each, 30 * number)
        scene.run(START + 30 * number * SECOND)


def alarms() -> list[str]:
    facts = Event.objects.filter(type="order.operator_alarmed").order_by("id")
    return [fact.data["reason"] for fact in facts]


def shift_of(somebody: Person) -> CourierShift:
    return CourierShift.objects.get(pk=somebody.pk)


@pytest.fixture
def courier(shop: Merchant) -> Person:
    """Return somebody on line 1,500 m from a shop with a leg whose food is ready."""
    somebody = scene.courier(1_500)
    scene.leg(shop, state="ready")
    Order.objects.update(ready_at=START)
    return somebody


class TestSilence:
    def test_ends_a_shift_after_three_missed_heartbeats(self, shop: Merchant) -> None:
        somebody = scene.courier(300)
        scene.run(START + 89 * SECOND)
        assert shift_of(somebody).is_online
        scene.run(START + 90 * SECOND)
        assert (shift_of(somebody).is_online, shift_of(somebody).offline_cause) == (
            False,
            "silent",
        )

    def test_is_broken_by_every_report(self, shop: Merchant) -> None:
        somebody = scene.courier(300)
        ride(somebody, [300] * 30)
        assert shift_of(somebody).is_online

    def test_gives_what_is_not_picked_up_to_another(self, shop: Merchant, courier: Person) -> None:
        take(courier)
        other = scene.courier(900, now=START + 80 * SECOND)
        scene.run(START + 91 * SECOND)
        assert DeliveryLeg.objects.get().courier is None
        assert [offer.courier for offer in scene.open_offers()] == [other]
        assert alarms() == []

    def test_alarms_operators_once_about_a_bag(self, shop: Merchant, courier: Person) -> None:
        take(courier, state="picked_up")
        scene.until(START + 60 * SECOND, START + 900 * SECOND, every=timedelta(seconds=30))
        assert alarms() == ["courier_silent"]
        assert DeliveryLeg.objects.get().courier == courier
        assert Order.objects.get().is_flagged

    def test_alarms_again_when_that_was_answered_and_nothing_came(
        self, shop: Merchant, courier: Person
    ) -> None:
        take(courier, state="picked_up")
        scene.run(START + 91 * SECOND)
        Order.objects.update(is_flagged=False)
        scene.until(START + 91 * SECOND, START + 400 * SECOND, every=timedelta(seconds=30))
        assert alarms() == ["courier_silent"] * 2

    def test_withdraws_what_the_courier_is_thinking_about(
        self, shop: Merchant, courier: Person
    ) -> None:
        late = START + 75 * SECOND
        CourierShift.objects.update(position_at=START + 5 * SECOND)
        scene.leg(shop, now=late)
        scene.run(late)
        assert len(scene.open_offers()) == 2
        scene.run(START + 95 * SECOND)
        assert scene.open_offers() == []

    def test_ends_the_watch_with_the_shift(self, shop: Merchant) -> None:
        somebody = scene.courier(300)
        scene.act("courier.go_offline", somebody, now=START + 10 * SECOND)
        scene.until(START, START + 300 * SECOND, every=timedelta(seconds=30))
        assert shift_of(somebody).offline_cause == "own_wish"


class TestStandingStill:
    def test_gives_the_leg_to_another_after_ten_minutes(
        self, shop: Merchant, courier: Person
    ) -> None:
        take(courier)
        ride(courier, [1_500 + (step % 2) * 40 for step in range(20)])
        assert DeliveryLeg.objects.get().courier == courier
        ride_on = [1_500] * 4
        for number, metres in enumerate(ride_on, start=21):
            report(courier, metres, 30 * number)
            scene.run(START + 30 * number * SECOND)
        leg = DeliveryLeg.objects.get()
        assert leg.courier is None
        lost = Event.objects.get(type="delivery.unassigned")
        assert lost.data["cause"] == "not_moving"
        assert [offer.courier for offer in scene.open_offers()] == []

    def test_is_not_riding_slowly(self, shop: Merchant, courier: Person) -> None:
        take(courier)
        ride(courier, [1_500 - 10 * step for step in range(30)])
        assert DeliveryLeg.objects.get().courier == courier

    def test_is_not_waiting_near_the_shop(self, shop: Merchant, courier: Person) -> None:
        take(courier)
        report(courier, 900, 15)
        ride(courier, [100] * 30)
        assert DeliveryLeg.objects.get().courier == courier

    def test_is_not_waiting_for_food_that_takes_longer(
        self, shop: Merchant, courier: Person
    ) -> None:
        later = START + timedelta(minutes=40)
        Order.objects.update(ready_at=None, state="preparing", promised_ready_at=later)
        take(courier)
        ride(courier, [1_500] * 30)
        assert DeliveryLeg.objects.get().courier == courier

    def test_with_the_order_in_hand_alarms_operators(
        self, shop: Merchant, courier: Person
    ) -> None:
        take(courier, state="picked_up")
        ride(courier, [1_500] * 30)
        assert alarms() == ["courier_not_moving"]
        assert DeliveryLeg.objects.get().courier == courier
