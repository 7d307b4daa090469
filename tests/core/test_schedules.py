"""Random schedules of commands: whatever people do, and whenever, the law holds."""

import contextlib
from collections.abc import Sequence

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import PaidanError
from core.invariants import find_broken
from core.merchants.models import MenuItem
from core.orders.models import Order
from tests.builders import make_courier, make_scene, pay
from tests.core.replica import Replica


STOCK = 12

COMMANDS: dict[str, tuple[str, str, dict[str, object]]] = {
    "accept": ("accept", "staff", {}),
    "reject": ("reject", "staff", {"reason": "too_busy"}),
    "start": ("start", "staff", {}),
    "ready": ("ready", "staff", {}),
    "counter": ("hand_over", "operator", {}),
    "complete": ("complete", "operator", {}),
    "cancel": ("cancel", "customer", {}),
    "request": ("request_cancellation", "customer", {"reason": "too_slow"}),
    "agree": ("answer_cancellation", "staff", {"agree": True}),
    "refuse": ("answer_cancellation", "staff", {"agree": False}),
    "stop": ("stop", "operator", {"reason": "other"}),
    "shop stops": ("stop", "staff", {"reason": "cannot_fulfil"}),
    "delay": ("delay", "staff", {"minutes": 10}),
    "nudge": ("nudge", "customer", {}),
    "reply": ("reply_nudge", "staff", {"reply": "soon"}),
    "hold": ("hold", "operator", {"reason": "address"}),
    "release": ("release", "operator", {}),
    "answer": ("answer_adjustment", "customer", {"answer": "refund"}),
    "arrive": ("leg.arrive_pickup", "courier", {}),
    "door": ("leg.arrive_dropoff", "courier", {}),
    "fail": ("leg.fail", "courier", {"reason": "refused"}),
    "return": ("leg.start_return", "courier", {}),
    "returned": ("leg.finish_return", "staff", {}),
    "again": ("leg.reattempt", "operator", {}),
    "convert": ("convert_to_pickup", "customer", {}),
    "self": ("leg.self_deliver", "staff", {}),
    "wait on": ("leg.wait", "staff", {"minutes": 10}),
    "shop asks": ("propose_pickup", "staff", {}),
    "ask to come": ("propose_pickup", "operator", {}),
    "come": ("answer_pickup", "customer", {"agree": True}),
    "money back": ("answer_pickup", "customer", {"agree": False}),
    "own door": ("leg.arrive_dropoff", "staff", {}),
    "give back": ("leg.give_back", "courier", {}),
}
USUAL = ("accept", "start", "ready", "assign", "pick up", "deliver")
STEPS = (*COMMANDS, "place", "pay", "assign", "pick up", "deliver", "adjust", "propose", "wait")

steps = st.tuples(
    st.one_of(st.sampled_from(USUAL), st.sampled_from(STEPS)),
    st.integers(0, 2),
    st.sampled_from([0, 1, 3, 16, 40, 1600]),
)
openings = st.lists(
    st.tuples(st.sampled_from(["delivery", "pickup"]), st.sampled_from(["cash", "online"])),
    min_size=1,
    max_size=3,
)


class World:
    """A shop with a few orders, and clients that follow everything."""

    def __init__(self, opened: Sequence[tuple[str, str]]) -> None:
        self.scene = make_scene(stock=STOCK)
        self.orders: list[Order] = []
        self.board = Replica(f"merchant:{self.scene.merchant.pk}")
        self.board.start(self.scene.now)
        self.clients = {self.board.topic: self.board}
        for fulfilment, payment in opened:
            self.place(fulfilment, payment)

    def place(self, fulfilment: str = "delivery", payment: str = "online") -> None:
        options = {"fulfilment": fulfilment, "payment": payment, "quantities": (2, 1)}
        self.orders.append(self.scene.place(**options))

    def take(self, step: str, which: int, minutes: int) -> None:
        scene = self.scene
        scene.order = self.orders[which % len(self.orders)]
        with contextlib.suppress(PaidanError):
            match step:
                case "place":
                    self.place()
                case "pay":
                    pay(scene.order, now=scene.now)
                case "assign":
                    scene.courier = make_courier()
                    scene.assign()
                case "pick up":
                    scene.act("leg.pick_up", "courier", number=scene.order.number)
                case "deliver":
                    code = {"kind": "pin", "value": scene.order.handover_code}
                    scene.act("leg.deliver", "courier", proof=code)
                case "adjust" | "propose":
                    self._adjust(step)
                case "wait":
                    scene.wait(minutes=minutes)
                case _:
                    name, by, arguments = COMMANDS[step]
                    scene.act(name, by, **arguments)

    def check(self) -> None:
        assert find_broken() == []
        topics = [f"order:{order.pk}" for order in self.orders]
        topics.append(f"courier:{self.scene.courier.pk}")
        for topic in topics:
            self.clients.setdefault(topic, Replica(topic))
        for client in self.clients.values():
            client.check(self.scene.now)
        assert self._stock_in_books() == self._stock_on_shelf()

    def _adjust(self, step: str) -> None:
        line = self.scene.order.lines.all()[0]
        name = "adjust" if step == "adjust" else "propose_adjustment"
        self.scene.act(name, "staff", lines=[{"line_id": str(line.pk), "quantity": 1}])

    def _stock_on_shelf(self) -> int:
        items = MenuItem.objects.filter(merchant=self.scene.merchant)
        return sum(item.stock or 0 for item in items)

    def _stock_in_books(self) -> int:
        """Each unit ordered is gone, but for those of orders whose kitchen never began."""
        left = 2 * STOCK
        for order in Order.objects.filter(merchant=self.scene.merchant):
            began = order.preparing_at is not None or order.ready_at is not None
            back = order.state == "cancelled" and not began
            for line in order.lines.all():
                left -= line.ordered_quantity - (line.quantity if back else 0)
        return left


@pytest.mark.django_db
class TestSchedules:
    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(openings, st.lists(steps, min_size=5, max_size=20))
    def test_keep_every_invariant(
        self, opened: list[tuple[str, str]], schedule: list[tuple[str, int, int]]
    ) -> None:
        with transaction.atomic():
            world = World(opened)
            for step, which, minutes in schedule:
                world.take(step, which, minutes)
                world.check()
            transaction.set_rollback(True)
