"""Expected arrivals: told when they move by more than a minute, and never of the past."""

import threading
from datetime import datetime, timedelta

import pytest

from core.events.models import Event
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant, Zone
from core.orders.models import Order
from core.people.models import Person
from dispatch.arrivals.loop import Arrivals
from dispatch.arrivals.rounds import HANDLING, tell_arrivals
from dispatch.habits.models import ShopHabit
from dispatch.habits.queries import Habits, get_habits
from dispatch.zones.keeper import ZoneKeeper
from tests.dispatch import scene
from tests.dispatch.scene import LONGITUDE, START, position


pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ROAD = 1.3 / 350
"""Minutes a metre, for a scooter."""
HANDED_OVER = HANDLING.pickup_minutes + HANDLING.dropoff_minutes / 2


def look(shop: Merchant, minutes: float = 0) -> DeliveryLeg:
    """Look at the zone after so many minutes; return the only leg."""
    tell_arrivals(shop.zone_id, now=START + minutes * MINUTE)
    return DeliveryLeg.objects.get()


def eta(leg: DeliveryLeg) -> float:
    """Return the minutes from the start."""
    assert leg.eta_at is not None
    return (leg.eta_at - START) / MINUTE


def told_count() -> int:
    """Count how often people were told."""
    return Event.objects.filter(type="delivery.eta_changed").count()


@pytest.fixture
def assigned(shop: Merchant) -> Person:
    """Return a courier 1,400 m from the shop, who has taken its leg; food in ten minutes."""
    somebody = scene.courier(1_400)
    scene.leg(shop)
    Order.objects.update(promised_ready_at=START + 10 * MINUTE)
    scene.run(START)
    (offer,) = scene.open_offers()
    scene.act("offer.accept", somebody, now=START, offer_id=offer.id)
    return somebody


class TestEstimate:
    def test_begins_before_anybody_has_taken_it(self, shop: Merchant) -> None:
        scene.leg(shop)
        expected = shop.preparation_minutes + HANDED_OVER + 1_000 * ROAD
        assert eta(look(shop)) == pytest.approx(expected, abs=0.1)

    def test_is_later_when_the_courier_is_far(self, shop: Merchant, assigned: Person) -> None:
        near = eta(look(shop))
        Order.objects.update(ready_at=START)
        ready = eta(look(shop))
        assert near == pytest.approx(10 + HANDED_OVER + 1_000 * ROAD, abs=0.1)
        assert ready < near

    def test_follows_the_courier(self, shop: Merchant, assigned: Person) -> None:
        Order.objects.update(ready_at=START)
        before = eta(look(shop))
        scene.act(
            "courier.report_position", assigned, now=START + 6 * MINUTE,
            latitude=position(1_400).latitude, longitude=LONGITUDE,
        )  # fmt: skip
        assert eta(look(shop, 6)) == pytest.approx(before + 6, abs=0.1)

    def test_moves_with_the_kitchen_s_delay(self, shop: Merchant, assigned: Person) -> None:
        before = eta(look(shop))
        order_id = DeliveryLeg.objects.get().order_id
        scene.act("order.delay", scene.staff(shop), now=START, order_id=order_id, minutes=15)
        assert eta(look(shop)) == pytest.approx(before + 15, abs=0.1)

    def test_knows_a_kitchen_that_is_always_late(self, shop: Merchant, assigned: Person) -> None:
        before = eta(look(shop))
        ShopHabit.objects.create(
            merchant=shop, kitchen_count=50, kitchen_total=50 * 0.693, kitchen_squares=50 * 0.49,
            learnt_at=START,
        )  # fmt: skip
        assert eta(look(shop)) > before + 8

    def test_is_the_way_to_the_door_once_picked_up(self, shop: Merchant, assigned: Person) -> None:
        Order.objects.update(state="ready", ready_at=START)
        leg = DeliveryLeg.objects.get()
        now = START + 5 * MINUTE
        scene.act("leg.pick_up", assigned, now=now, leg_id=leg.pk, number=leg.order.number)
        assert eta(look(shop, 5)) == pytest.approx(
            5 + 2_400 * ROAD + HANDLING.dropoff_minutes / 2, abs=0.1
        )

    def test_counts_what_else_the_courier_carries(self, shop: Merchant, assigned: Person) -> None:
        scene.leg(shop)
        second = DeliveryLeg.objects.exclude(courier=assigned).get()
        DeliveryLeg.objects.filter(pk=second.pk).update(
            courier=assigned, state="assigned", assigned_at=START + MINUTE
        )
        tell_arrivals(shop.zone_id, now=START)
        first = DeliveryLeg.objects.exclude(pk=second.pk).get()
        second.refresh_from_db()
        assert eta(second) > eta(first)

    def test_serves_a_courier_of_the_shop(self, shop: Merchant) -> None:
        leg = scene.leg(shop)
        owner = scene.staff(shop)
        scene.act("leg.self_deliver", owner, now=START, leg_id=leg.pk)
        expected = shop.preparation_minutes + HANDED_OVER + 1_000 * ROAD
        assert eta(look(shop)) == pytest.approx(expected, abs=0.1)


class TestTelling:
    def test_is_silent_about_less_than_a_minute(self, shop: Merchant, assigned: Person) -> None:
        look(shop)
        count = told_count()
        for seconds in range(5, 60, 5):
            look(shop, seconds / 60)
        assert told_count() == count

    def test_never_leaves_the_past_standing(self, shop: Merchant, assigned: Person) -> None:
        Order.objects.update(state="ready", ready_at=START)
        leg = DeliveryLeg.objects.get()
        scene.act("leg.pick_up", assigned, now=START, leg_id=leg.pk, number=leg.order.number)
        for minutes in range(60):
            assert eta(look(shop, minutes)) > minutes

    def test_leaves_held_and_ended_orders_alone(self, shop: Merchant, assigned: Person) -> None:
        look(shop)
        count = told_count()
        Order.objects.update(held_at=START)
        look(shop, 30)
        Order.objects.update(held_at=None)
        DeliveryLeg.objects.update(state="delivered", ended_at=START)
        look(shop, 30)
        assert told_count() == count

    def test_changes_nothing_that_has_moved_on_meanwhile(
        self, shop: Merchant, assigned: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        look(shop)

        def meanwhile(zone: Zone, *, now: datetime) -> Habits:
            DeliveryLeg.objects.update(version=99)
            return get_habits(zone, now=now)

        monkeypatch.setattr("dispatch.arrivals.rounds.get_habits", meanwhile)
        count = told_count()
        look(shop, 40)
        assert told_count() == count


@pytest.mark.django_db(transaction=True)
class TestLoop:
    def test_looks_at_once_when_something_happens(
        self, shop: Merchant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dispatch.arrivals.loop.EVERY_SECONDS", 3600)
        keeper = ZoneKeeper()
        keeper.keep()
        stop, looks = threading.Event(), list[int]()

        class Looking(Arrivals):
            def look(self) -> int:
                looks.append(super().look())
                if told_count():
                    stop.set()
                return looks[-1]

        thread = threading.Thread(target=Looking(keeper).run, args=(stop,))
        thread.start()
        while not looks:
            stop.wait(0.01)
        somebody = scene.courier(300)
        scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        scene.act("offer.accept", somebody, now=START, offer_id=offer.id)
        thread.join(120)
        assert not thread.is_alive()
        assert told_count() >= 1
