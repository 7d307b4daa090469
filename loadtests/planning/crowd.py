"""A crowded zone as rows: shops, couriers with something to do, and legs that wait for one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random

from django.db.models import Count

from core.deadlines.models import Deadline
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant, Zone
from core.orders.models import Order
from core.people.models import Person
from dispatch.habits.models import ShopHabit
from dispatch.models import CourierSearch, CourierShift, ZoneSettings
from dispatch.policy import DEADLINE_ROUND, Matching


LATITUDE, LONGITUDE = 31.23, 121.47
SPREAD_DEGREES = 0.04
"""Four kilometres around the middle."""
MINUTE = timedelta(minutes=1)
PREPARATION_MINUTES = 30
"""Food is ready within this time."""


_numbers = count(1)


@dataclass(frozen=True)
class Crowd:
    """How much there is."""

    legs: int
    couriers: int
    shops: int


class City:
    """Makes the rows of one zone."""

    def __init__(self, crowd: Crowd, *, now: datetime) -> None:
        self.now = now
        self._random = Random(1)
        self.zone = Zone.objects.create(name="Crowd", latitude=LATITUDE, longitude=LONGITUDE)
        ZoneSettings.objects.create(zone=self.zone, matching=Matching.OPTIMISE, changed_at=now)
        self._shops = Merchant.objects.bulk_create(
            Merchant(name=f"Shop {number}", zone=self.zone, **self._place())
            for number in range(crowd.shops)
        )
        ShopHabit.objects.bulk_create(
            ShopHabit(merchant=shop, hours=[self._random.random() * 5] * 24, learnt_at=now)
            for shop in self._shops
        )
        self._customer = self._person()
        people = [self._person(is_courier=True) for _ in range(crowd.couriers)]
        CourierShift.objects.bulk_create(
            CourierShift(
                person=each,
                state="online",
                position_at=now,
                last_seen_at=now,
                auto_accept=True,
                **self._place(),
            )
            for each in people
        )
        self.add_legs(crowd.legs)

    def add_legs(self, number: int) -> None:
        """Let so many accepted orders begin to look for a courier."""
        orders = Order.objects.bulk_create(self._order() for _ in range(number))
        legs = DeliveryLeg.objects.bulk_create(
            DeliveryLeg(order=order, created_at=self.now) for order in orders
        )
        CourierSearch.objects.bulk_create(
            CourierSearch(
                leg=leg,
                started_at=self.now,
                plan_wanted_at=self.now,
                latitude=leg.order.merchant.latitude,
                longitude=leg.order.merchant.longitude,
            )
            for leg in legs
        )
        Deadline.objects.bulk_create(
            Deadline(kind=DEADLINE_ROUND, subject=leg.pk, due_at=self.now) for leg in legs
        )

    def pass_minute(self, waiting: int) -> None:
        """Let a minute pass: what was accepted before it is delivered, and so many legs wait."""
        done = DeliveryLeg.objects.filter(state="assigned", assigned_at__lt=self.now)
        done.update(state="delivered", ended_at=self.now)
        self.now += MINUTE
        CourierShift.objects.filter(state="online").update(position_at=self.now)
        carried = DeliveryLeg.objects.filter(state="assigned").values_list("courier")
        CourierShift.objects.update(active_count=0)
        for courier_id, number in carried.annotate(number=Count("pk")):
            CourierShift.objects.filter(pk=courier_id).update(active_count=number)
        own = DeliveryLeg.objects.filter(order__merchant__zone=self.zone, state="unassigned")
        self.add_legs(max(0, waiting - own.count()))

    def close(self) -> None:
        """Leave nothing that another zone would see."""
        ZoneSettings.objects.update(matching=Matching.GREEDY)
        CourierShift.objects.update(state="offline")

    def _place(self) -> dict[str, float]:
        return {
            "latitude": LATITUDE + self._random.uniform(-SPREAD_DEGREES, SPREAD_DEGREES),
            "longitude": LONGITUDE + self._random.uniform(-SPREAD_DEGREES, SPREAD_DEGREES),
        }

    def _person(self, **flags: bool) -> Person:
        number = next(_numbers)
        return Person.objects.create(phone=f"+8613{number:09}", name=f"Person {number}", **flags)

    def _order(self) -> Order:
        there = self._place()
        number = next(_numbers)
        ready_at = self.now + self._random.uniform(0, PREPARATION_MINUTES) * MINUTE
        return Order(
            number=number,
            merchant=self._random.choice(self._shops),
            customer=self._customer,
            fulfilment="delivery",
            state="accepted",
            payment_method="cash",
            currency="CNY",
            items_minor=3000,
            total_minor=3000,
            contact_name="Li",
            contact_phone="+8613800138000",
            dropoff_address="Long street 1",
            dropoff_latitude=there["latitude"],
            dropoff_longitude=there["longitude"],
            handover_code="1234",
            created_at=self.now,
            placed_at=self.now,
            accepted_at=self.now,
            promised_ready_at=ready_at,
            promised_at=ready_at + 20 * MINUTE,
        )
