"""One day of an instance, event by event: what a policy orders is carried out by the rules."""

import heapq
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from loadtests.matching.instances import Courier, Instance, Order, Point, Restaurant


ROUNDS_PER_MOMENT = 5
"""Refusals are answered at once, this often."""


@dataclass
class Duty:
    """A courier's state: where and from when they can be told something."""

    courier: Courier
    at: Point
    place: str
    free_at: int
    """Since when at `at`, or when they will be there."""
    orders: list[Order] = field(default_factory=list)
    """To be picked up at `at`, in the order of delivery."""
    assigned_at: int = 0
    """When the last of them was given."""


@dataclass(frozen=True)
class Instruction:
    """Go to a restaurant, or stay there, and take these orders beside those already given."""

    duty: Duty
    restaurant: Restaurant
    orders: tuple[Order, ...] = ()
    sequence: tuple[str, ...] = ()
    """Names of all orders then given, as they are to be delivered; else as they were given."""


@dataclass(frozen=True)
class Move:
    courier: str
    left_at: int
    origin: str
    destination: str


@dataclass(frozen=True)
class Carried:
    """One pickup and its drop-offs."""

    courier: str
    assigned_at: int
    arrived_at: int
    picked_up_at: int
    orders: tuple[Order, ...]
    dropped_at: tuple[int, ...]


@dataclass(frozen=True)
class Decided:
    cpu_seconds: float
    active: int
    """Orders placed and not delivered."""


@dataclass
class Day:
    """What a policy sees, and what is kept of the day."""

    instance: Instance
    now: int = 0
    waiting: dict[str, Order] = field(default_factory=dict)
    """Placed and given to nobody."""
    duties: list[Duty] = field(default_factory=list)
    refusals: dict[str, set[str]] = field(default_factory=dict)
    """Couriers by order."""
    moves: list[Move] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)
    decisions: list[Decided] = field(default_factory=list)

    def ready_at(self, order: Order) -> int:
        """Return what is known now: restaurants say when it is ready, not when it will be late."""
        if self.is_ready(order):
            return order.really_ready_at
        return max(order.ready_at, self.now + 1)

    def is_ready(self, order: Order) -> bool:
        return self.now >= order.really_ready_at

    def active(self) -> int:
        """Return how many orders are placed and not delivered."""
        on_board = sum(
            dropped_at > self.now
            for each in self.carried[-len(self.duties) * 2 :]
            for dropped_at in each.dropped_at
        )
        return len(self.waiting) + sum(len(duty.orders) for duty in self.duties) + on_board

    def on_duty(self) -> Iterable[Duty]:
        """Couriers who can pick something up now or later."""
        return (
            duty for duty in self.duties if duty.courier.on_at <= self.now <= duty.courier.off_at
        )


class Policy(Protocol):
    def decide(self, day: Day) -> Sequence[Instruction]:
        """Say who does what now."""

    def next_at(self, day: Day, /) -> int | None:
        """Return the next moment to be asked at, beside those of events."""


@dataclass(frozen=True)
class Trouble:
    """What does not go by the book."""

    refused_share: float = 0.0
    seed: int = 0


CALM = Trouble()


class Simulation:
    """A policy's day."""

    def __init__(self, instance: Instance, policy: Policy, trouble: Trouble = CALM) -> None:
        self.day = Day(instance)
        self._policy = policy
        self._trouble = trouble
        self._random = Random(trouble.seed)
        self._placed = sorted(instance.orders, key=lambda order: (order.placed_at, order.name))
        self._next_placed = 0
        self._moments: list[int] = []
        self._planned: set[int] = set()
        self._undelivered = len(instance.orders)
        self._last_at = max(courier.off_at for courier in instance.couriers)
        for courier in instance.couriers:
            self.day.duties.append(Duty(courier, courier.at, courier.name, courier.on_at))
            self._plan(courier.on_at)
        for order in instance.orders:
            self._plan(order.placed_at)
            self._plan(order.really_ready_at)

    def _plan(self, moment: int) -> None:
        if moment not in self._planned:
            self._planned.add(moment)
            heapq.heappush(self._moments, moment)

    def run(self, tell: Callable[[int], None] = lambda _delivered: None) -> Day:
        """Play the day; `tell` hears how many orders have been loaded."""
        day, total = self.day, self._undelivered
        while self._moments and self._undelivered:
            day.now = heapq.heappop(self._moments)
            if day.now > self._last_at:
                break
            self._place_orders()
            self._load()
            self._release()
            self._decide()
            self._load()
            tell(total - self._undelivered)
            following = self._policy.next_at(day)
            if following is not None and self._undelivered:
                self._plan(following)
        return day

    def _place_orders(self) -> None:
        while (
            self._next_placed < len(self._placed)
            and self._placed[self._next_placed].placed_at <= self.day.now
        ):
            order = self._placed[self._next_placed]
            self.day.waiting[order.name] = order
            self._next_placed += 1

    def _decide(self) -> None:
        day = self.day
        for _ in range(ROUNDS_PER_MOMENT):
            active = day.active()
            began = time.process_time()
            instructions = self._policy.decide(day)
            day.decisions.append(Decided(time.process_time() - began, active))
            refused = [each for each in instructions if not self._obey(each)]
            if not refused:
                break

    def _obey(self, instruction: Instruction) -> bool:
        """Carry an instruction out; false if the courier refused the orders in it."""
        day, duty = self.day, instruction.duty
        if instruction.orders and self._random.random() < self._trouble.refused_share:
            for order in instruction.orders:
                day.refusals.setdefault(order.name, set()).add(duty.courier.name)
            return False
        restaurant = instruction.restaurant
        if duty.place != restaurant.name:
            assert not duty.orders, "no diversion on the way to a restaurant"
            assert duty.free_at <= day.now, "busy"
            day.moves.append(Move(duty.courier.name, day.now, duty.place, restaurant.name))
            duty.free_at = day.now + day.instance.minutes(duty.at, restaurant.at)
            duty.at, duty.place = restaurant.at, restaurant.name
            self._plan(duty.free_at)
        if instruction.orders:
            duty.assigned_at = day.now
            for order in instruction.orders:
                del day.waiting[order.name]
            duty.orders = [*duty.orders, *instruction.orders]
            if instruction.sequence:
                duty.orders.sort(key=lambda order: instruction.sequence.index(order.name))
            ready_at = max(order.really_ready_at for order in duty.orders)
            half = day.instance.rules.pickup_minutes // 2
            self._plan(max(day.now, duty.free_at + half, ready_at))
        return True

    def _load(self) -> None:
        """Pick up whatever is ready and has somebody there."""
        day = self.day
        half = day.instance.rules.pickup_minutes // 2
        for duty in day.duties:
            if (
                duty.orders
                and duty.free_at + half <= day.now <= duty.courier.off_at
                and all(order.really_ready_at <= day.now for order in duty.orders)
            ):
                self._carry(duty)

    def _carry(self, duty: Duty) -> None:
        day, rules = self.day, self.day.instance.rules
        clock = day.now + rules.pickup_minutes // 2
        half = rules.dropoff_minutes // 2
        dropped = []
        arrived_at = duty.free_at
        for order in duty.orders:
            day.moves.append(Move(duty.courier.name, clock, duty.place, order.name))
            clock += day.instance.minutes(duty.at, order.at) + half
            dropped.append(clock)
            clock += half
            duty.at, duty.place = order.at, order.name
        day.carried.append(
            Carried(
                duty.courier.name, duty.assigned_at, arrived_at, day.now,
                tuple(duty.orders), tuple(dropped),
            )
        )  # fmt: skip
        self._undelivered -= len(duty.orders)
        duty.orders = []
        duty.free_at = clock
        self._plan(clock)

    def _release(self) -> None:
        """Take back what a courier whose shift is over did not get in time."""
        for duty in self.day.duties:
            if duty.orders and self.day.now > duty.courier.off_at:
                for order in duty.orders:
                    self.day.waiting[order.name] = order
                duty.orders = []
