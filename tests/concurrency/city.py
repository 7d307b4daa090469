"""A shop with live orders, couriers on line and an operator, for people who act at once.

Everything goes through the product's own commands, so that after any race the rules of the whole
database can be looked at.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any, Self

from django.db import connections

from core.deadlines.loop import fire_due
from core.errors import PaidanError
from core.invariants import find_broken
from core.legs.models import DeliveryLeg
from core.orders.models import Order
from core.people.models import Person
from dispatch.models import CourierSearch, CourierShift, Offer, ZoneLease
from dispatch.states import OfferState
from dispatch.zones.keeper import ZoneKeeper
from dispatch.zones.leases import shared_now
from dispatch.zones.planner import Planner
from tests.builders import LATITUDE, LONGITUDE, START, act, make_courier, make_scene, place


PATIENCE_SECONDS = 90
METRES_PER_DEGREE = 111_195
LONG_AFTER = timedelta(days=3)

Step = Callable[[], object]


class Crew:
    """So many threads, each with a connection it keeps, let go at the same moment."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count)
        self._count = count

    def race(self, steps: Sequence[Step]) -> list[object]:
        """Carry out the steps at once; return what each answered, or the refusal it met."""
        assert len(steps) <= self._count
        start = Barrier(len(steps))

        def run(step: Step) -> object:
            start.wait(PATIENCE_SECONDS)
            try:
                return step()
            except PaidanError as refusal:
                return refusal

        futures: list[Future[object]] = [self._pool.submit(run, step) for step in steps]
        return [future.result(PATIENCE_SECONDS) for future in futures]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        everybody = Barrier(self._count)

        def leave() -> None:
            everybody.wait(PATIENCE_SECONDS)
            connections.close_all()

        futures = [self._pool.submit(leave) for _ in range(self._count)]
        for future in futures:
            future.result(PATIENCE_SECONDS)
        self._pool.shutdown()


class City:
    """One shop, its orders, the couriers around it; whoever acts is picked by a number."""

    def __init__(
        self,
        *,
        orders: int = 1,
        couriers: int = 2,
        optimise: bool = False,
        now: datetime = START,
    ) -> None:
        self.now = now
        self.people = make_scene()
        zone_id = self.people.merchant.zone_id
        if optimise:
            act("zone.configure", by=self.people.operator, on=zone_id, matching="optimise")
        self.couriers = [make_courier() for _ in range(couriers)]
        for number in range(couriers):
            self.online(number)
        self.orders: list[Order] = []
        for _ in range(orders):
            self.order_something()

    def order_something(self) -> None:
        """Place an order and let the shop accept it: its leg needs a courier at once."""
        order = place(self.people.merchant, self.people.customer, now=self.now)
        act("order.accept", by=self.people.staff, on=order.pk, now=self.now)
        # A plan asks nobody while the food takes longer than the way.
        Order.objects.filter(pk=order.pk).update(promised_ready_at=self.now)
        self.orders.append(order)

    # -- what people do

    def online(self, number: int) -> object:
        return act(
            "courier.go_online",
            by=self.courier(number),
            now=self.now,
            latitude=LATITUDE + (number + 1) * 100 / METRES_PER_DEGREE,
            longitude=LONGITUDE,
        )

    def offline(self, number: int) -> object:
        return act("courier.go_offline", by=self.courier(number), now=self.now)

    def answer(self, name: str, offer: Offer) -> object:
        return act(name, by=offer.courier, on=offer.pk, now=self.now)

    def accept(self, number: int) -> object:
        """Take one of the offers there ever were, the newest first."""
        return self._answer("offer.accept", number)

    def decline(self, number: int) -> object:
        return self._answer("offer.decline", number)

    def _answer(self, name: str, number: int) -> object:
        offers = list(Offer.objects.select_related("courier").order_by("-offered_at", "pk")[:6])
        return self.answer(name, offers[number % len(offers)]) if offers else None

    def operate(self, name: str, number: int, **arguments: Any) -> object:
        """Let the operator give a command about an order or its leg."""
        return self._give(name, self.people.operator, number, **arguments)

    def serve(self, name: str, number: int, **arguments: Any) -> object:
        """Let the shop do so."""
        return self._give(name, self.people.staff, number, **arguments)

    def choose(self, name: str, number: int) -> object:
        """Let the operator name a courier for a leg."""
        chosen = self.courier(number // len(self.orders))
        return self.operate(name, number, courier_id=str(chosen.pk))

    def cancel(self, number: int) -> object:
        return self._give("order.cancel", self.people.customer, number)

    def pick_up(self, number: int) -> object:
        """Let the courier of a leg take the bag."""
        return self._carry("leg.pick_up", number, number=self.order(number).number)

    def give_back(self, number: int) -> object:
        """Let the courier of a leg carry it no more."""
        return self._carry("leg.give_back", number, reason="flat_tyre")

    def _carry(self, name: str, which: int, **arguments: Any) -> object:
        leg = self.leg(which)
        if leg.courier is None:
            return None
        return act(name, by=leg.courier, on=leg.pk, now=self.now, **arguments)

    def fire(self, _number: int = 0) -> int:
        """Fire what is due, as one dispatcher."""
        return fire_due(now=self.now)

    def plan(self, _number: int = 0) -> int:
        """Plan the zone, as its owner."""
        return self._planner.plan_due(now=self.now)

    def own(self) -> None:
        """Become the owner of all zones, for longer than a test takes."""
        keeper = ZoneKeeper()
        keeper.keep()
        ZoneLease.objects.update(until=shared_now() + timedelta(hours=1))
        self._planner = Planner(keeper)

    def _give(self, name: str, who: Person, number: int, **arguments: Any) -> object:
        order = self.order(number)
        on = self.leg(number).pk if name.startswith("leg.") else order.pk
        return act(name, by=who, on=on, now=self.now, **arguments)

    # -- whom the numbers mean

    def courier(self, number: int) -> Person:
        return self.couriers[number % len(self.couriers)]

    def order(self, number: int) -> Order:
        return self.orders[number % len(self.orders)]

    def leg(self, number: int) -> DeliveryLeg:
        return DeliveryLeg.objects.select_related("courier").get(order=self.order(number))

    def open_offers(self) -> list[Offer]:
        rows = Offer.objects.select_related("courier").filter(state=OfferState.OPEN)
        return list(rows.order_by("pk"))

    # -- time

    def wait(self, **duration: float) -> None:
        """Let time pass; who is on line stays in sight."""
        self.now += timedelta(**duration)
        CourierShift.objects.filter(position_at__isnull=False).update(position_at=self.now)

    def settle(self) -> None:
        """Fire everything due now, and what that makes due."""
        while fire_due(now=self.now):
            pass

    def check(self) -> None:
        """Fail unless every rule of the database is kept and each leg has one winner."""
        broken = find_broken()
        assert not broken, broken

    def end(self) -> None:
        """Let time pass until everything has ended, as it must without anybody's doing."""
        for number in range(len(self.couriers)):
            self.offline(number)
        for order in Order.objects.filter(ended_at__isnull=True, held_at__isnull=False):
            with suppress(PaidanError):
                act("order.release", by=self.people.operator, on=order.pk, now=self.now)
        for _ in range(3):
            self.wait(seconds=LONG_AFTER.total_seconds())
            self.settle()
        self.check()
        assert not Order.objects.filter(ended_at__isnull=True).exists()
        assert not CourierSearch.objects.filter(ended_at__isnull=True).exists()
        assert self.open_offers() == []


def code(outcome: object) -> str:
    """Return the code of a refusal, or that it worked."""
    return outcome.code if isinstance(outcome, PaidanError) else "done"
