"""Random schedules of everything that can happen to a search leave no orphan behind."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.deadlines.models import Deadline
from core.errors import PaidanError
from core.legs.models import DeliveryLeg
from core.legs.states import ENDED, WITH_COURIER
from core.orders.models import Order
from core.people.models import Person
from dispatch.models import CourierSearch, CourierShift, Offer
from tests.dispatch import scene
from tests.dispatch.scene import START
from tests.dispatch.test_overrule import hold, release, stop


LEGS, COURIERS = 2, 3
ACTIONS = (
    *("pass", "pass", "accept", "decline", "offline", "online"),
    *("cancel", "hold", "release", "assign", "self", "convert"),
)
step = st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5), st.integers(0, 90))


class World:
    """Two legs, three couriers and an operator; every action picks by a number."""

    def __init__(self) -> None:
        shop = scene.shop()
        self.clerk = scene.staff(shop)
        self.now = START
        self.operator = scene.person(is_operator=True)
        self.couriers = [scene.courier(300 * (number + 1)) for number in range(COURIERS)]
        self.legs = [scene.leg(shop) for _ in range(LEGS)]

    def do(self, name: str, pick: int, seconds: int) -> None:
        """Let time pass, then act; a refusal is an answer too."""
        self.now += timedelta(seconds=seconds)
        scene.keep_in_sight(self.now)
        actions: dict[str, Callable[[int], object]] = {
            "accept": lambda number: self.answer("offer.accept", number),
            "decline": lambda number: self.answer("offer.decline", number),
            "offline": lambda number: self.act("courier.go_offline", self.courier(number)),
            "online": lambda number: scene.online(self.courier(number), 300, now=self.now),
            "assign": self.assign,
            "self": self.carry,
            "convert": self.convert,
            "cancel": lambda number: self.change(number, stop),
            "hold": lambda number: self.change(number, hold),
            "release": lambda number: self.change(number, release),
            "pass": lambda _number: scene.run(self.now),
        }
        try:
            actions[name](pick)
        except PaidanError:
            return

    def courier(self, number: int) -> Person:
        return self.couriers[number % COURIERS]

    def act(self, name: str, who: Person, **raw: object) -> object:
        return scene.act(name, who, now=self.now, **raw)

    def answer(self, name: str, number: int) -> None:
        offers = list(Offer.objects.order_by("-offered_at", "pk"))
        if offers:
            offer = offers[number % len(offers)]
            self.act(name, offer.courier, offer_id=offer.id)

    def assign(self, number: int) -> None:
        leg, chosen = self.legs[number % LEGS], self.courier(number)
        self.act("leg.assign", self.operator, leg_id=leg.id, courier_id=str(chosen.pk))

    def carry(self, number: int) -> None:
        self.act("leg.self_deliver", self.clerk, leg_id=self.legs[number % LEGS].id)

    def convert(self, number: int) -> None:
        leg = self.legs[number % LEGS]
        self.act("order.convert_to_pickup", self.operator, order_id=leg.order_id)

    def change(self, number: int, change: Callable[..., None]) -> None:
        order = Order.objects.get(pk=self.legs[number % LEGS].order_id)
        is_held = order.held_at is not None
        if order.ended_at is None and (change is stop or is_held == (change is release)):
            scene.with_order(order.pk, change, now=self.now)


def check() -> None:
    """The invariants that hold between any two transactions."""
    for leg in DeliveryLeg.objects.select_related("order"):
        offers = scene.open_offers(leg)
        assert bool(offers) == (leg.state == "offered")
        for offer in offers:
            assert Deadline.objects.filter(kind="offer.expire", subject=offer.id).exists()
        searching = leg.state in ("unassigned", "offered") and leg.order.held_at is None
        planned = Deadline.objects.filter(kind="leg.dispatch", subject=leg.id).exists()
        assert planned == searching
        search = CourierSearch.objects.get(pk=leg.id)
        assert (search.ended_at is not None) == (leg.state in WITH_COURIER | ENDED)
    for shift in CourierShift.objects.all():
        legs = DeliveryLeg.objects.filter(courier_id=shift.pk, state__in=WITH_COURIER)
        assert shift.active_count == legs.count()


class TestSchedules(TestCase):
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(step, min_size=5, max_size=20))
    def test_leave_no_orphan(self, steps: list[tuple[str, int, int]]) -> None:
        world = World()
        for name, pick, seconds in steps:
            world.do(name, pick, seconds)
            check()
        scene.run(world.now)
        check()
        for offer in scene.open_offers():
            assert CourierShift.objects.get(pk=offer.courier_id).is_online
