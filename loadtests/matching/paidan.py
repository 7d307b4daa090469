"""The product's own optimiser, asked every minute and on every event."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dispatch.matching import (
    Budget,
    Courier,
    Decision,
    Demand,
    Handling,
    Leg,
    Point,
    Roads,
    Weights,
    Zone,
    decide,
)
from dispatch.matching.learning import Kitchen, Sales, demand_of
from dispatch.policy import Vehicle
from loadtests.matching.instances import Instance, Order
from loadtests.matching.simulator import Day, Duty, Instruction


MOST_TOGETHER = 6
KNOWN_AHEAD_MINUTES = 60
"""Shifts are known this long before they begin."""
LEARNT_EVERY_MINUTES = 10


@dataclass(frozen=True)
class Settings:
    budget: Budget = field(default_factory=lambda: Budget(rounds=200))
    seed: int = 0
    ahead_minutes: float = 1.0
    """One minute passes until the next decision."""
    weights: Weights = field(default_factory=lambda: Weights(late_minute=0.0))
    """The study counts click-to-door minutes alike, late or not."""


class Paidan:
    """An adapter: the day as a zone, the decision as instructions."""

    def __init__(self, instance: Instance, settings: Settings) -> None:
        self._instance = instance
        self._settings = settings
        self._restaurants = {each.name: each for each in instance.restaurants}
        self._seen: set[str] = set()
        self._cooking: dict[str, Order] = {}
        self._kitchen = Kitchen()
        self._sales = {each.name: Sales() for each in instance.restaurants}
        self._last: Decision | None = None
        self._demand: tuple[Demand, ...] = ()
        self._demand_until = 0

        def travel(origin: Point, destination: Point, _vehicle: Vehicle) -> float:
            return instance.minutes(origin, destination)

        def many_to_one(
            origins: Sequence[Point], destination: Point, _vehicle: Vehicle
        ) -> Sequence[float]:
            return instance.minutes_from(origins, destination)

        self._roads = Roads(travel, many_to_one)

    def decide(self, day: Day) -> Sequence[Instruction]:
        self._watch(day)
        if day.now >= self._demand_until:
            self._learn(day.now)
        settings = self._settings
        self._last = decide(
            self._zone(day), budget=settings.budget, seed=1000 * settings.seed + day.now
        )
        return self._instructions(day, self._last)

    def _watch(self, day: Day) -> None:
        """Note what is new, and what has become ready."""
        for order in day.waiting.values():
            if order.name not in self._seen:
                self._seen.add(order.name)
                self._cooking[order.name] = order
                name, hour = order.restaurant.name, order.placed_at // 60 % 24
                self._sales[name] = self._sales[name].with_order(hour)
        for order in [each for each in self._cooking.values() if day.is_ready(each)]:
            del self._cooking[order.name]
            self._kitchen = self._kitchen.with_order(
                promised=order.ready_at - order.placed_at,
                took=order.really_ready_at - order.placed_at,
            )

    def _learn(self, now: int) -> None:
        """Expect the next orders where the day's orders were."""
        self._demand_until = now + LEARNT_EVERY_MINUTES
        self._demand = demand_of(
            ((each.name, each.at, self._sales[each.name]) for each in self._instance.restaurants),
            now // 60 % 24,
        )

    def next_at(self, day: Day, /) -> int | None:
        return day.now + 1

    def _zone(self, day: Day) -> Zone:
        instance = self._instance

        known_until = day.now + KNOWN_AHEAD_MINUTES
        return Zone(
            now=day.now,
            couriers=tuple(
                self._courier(day, duty)
                for duty in day.duties
                if duty.courier.on_at <= known_until and duty.courier.off_at >= day.now
            ),
            legs=tuple(self._leg(day, order) for order in day.waiting.values()),
            roads=self._roads,
            handling=Handling(
                pickup_minutes=instance.rules.pickup_minutes,
                dropoff_minutes=instance.rules.dropoff_minutes,
            ),
            weights=self._settings.weights,
            commit_ahead_minutes=self._settings.ahead_minutes,
            demand=self._demand,
            tentative=self._last.tentative if self._last else {},
        )

    def _courier(self, day: Day, duty: Duty) -> Courier:
        committed = tuple(self._leg(day, order) for order in duty.orders)
        return Courier(
            id=duty.courier.name,
            at=duty.at,
            free_at=duty.free_at,
            shift_ends_at=duty.courier.off_at,
            capacity=MOST_TOGETHER,
            committed=(committed,) if committed else (),
        )

    def _leg(self, day: Day, order: Order) -> Leg:
        return Leg(
            id=order.name,
            shop=order.restaurant.name,
            pickup=order.restaurant.at,
            dropoff=order.at,
            placed_at=order.placed_at,
            ready_at=self._ready_at(day, order),
            promised_at=order.placed_at + self._instance.rules.target_minutes,
            excluded=frozenset(day.refusals.get(order.name, ())),
        )

    def _ready_at(self, day: Day, order: Order) -> float:
        if day.is_ready(order):
            return day.ready_at(order)
        expected = self._kitchen.ready_at(
            begun_at=order.placed_at, promised_at=order.ready_at, now=day.now
        )
        return max(expected, day.now + 1)

    def _instructions(self, day: Day, decision: Decision) -> list[Instruction]:
        duties = {duty.courier.name: duty for duty in day.duties}
        found = []
        for each in decision.commitments:
            duty = duties[each.courier_id]
            if duty.free_at <= day.now or duty.place == each.trip.shop:
                orders = tuple(day.waiting[name] for name in each.new_leg_ids)
                restaurant = self._restaurants[each.trip.shop]
                found.append(Instruction(duty, restaurant, orders, each.trip.leg_ids))
        for suggestion in decision.suggestions:
            restaurant = self._restaurants[suggestion.shop]
            found.append(Instruction(duties[suggestion.courier_id], restaurant))
        return found
