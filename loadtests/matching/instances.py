"""Reads instances of the Meal Delivery Routing Problem: a folder of tables each."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Restaurant:
    name: str
    at: Point


@dataclass(frozen=True, slots=True)
class Order:
    name: str
    restaurant: Restaurant
    at: Point
    placed_at: int
    ready_at: int
    """As the restaurant says."""
    really_ready_at: int


@dataclass(frozen=True, slots=True)
class Courier:
    name: str
    at: Point
    on_at: int
    off_at: int


@dataclass(frozen=True)
class Rules:
    """One row of `instance_parameters.txt`."""

    metres_per_minute: float
    pickup_minutes: int
    dropoff_minutes: int
    target_minutes: int
    most_minutes: int
    pay_per_order: float
    pay_per_hour: float


@dataclass(frozen=True)
class Instance:
    name: str
    rules: Rules
    restaurants: tuple[Restaurant, ...]
    orders: tuple[Order, ...]
    couriers: tuple[Courier, ...]
    _minutes: dict[tuple[Point, Point], int] = field(default_factory=dict, compare=False)

    def minutes(self, origin: Point, destination: Point) -> int:
        """Travel time, rounded up."""
        found = self._minutes.get((origin, destination))
        if found is None:
            found = math.ceil(math.dist(origin, destination) / self.rules.metres_per_minute)
            self._minutes[origin, destination] = found
        return found

    def minutes_from(self, origins: Sequence[Point], destination: Point) -> list[int]:
        """Travel times from many points to one: the same, sooner."""
        away = np.asarray(origins) - destination
        ways = np.hypot(away[:, 0], away[:, 1]) / self.rules.metres_per_minute
        minutes: list[int] = np.ceil(ways).astype(int).tolist()
        return minutes

    def floor_minutes(self, order: Order) -> int:
        """Click-to-door of an order that a courier awaits and carries alone."""
        halves = (self.rules.pickup_minutes + self.rules.dropoff_minutes) // 2
        way = self.minutes(order.restaurant.at, order.at)
        return order.really_ready_at + halves + way - order.placed_at

    @property
    def variant(self) -> str:
        """The name without its leading seed."""
        return self.name.lstrip("0123456789")


def _rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file, delimiter="\t")
        next(lines)
        yield from (line for line in lines if line)


def read(folder: Path) -> Instance:
    """Read one instance."""
    row = next(_rows(folder / "instance_parameters.txt"))
    speed, pickup, dropoff, target, most, per_order, per_hour = map(float, row)
    restaurants = {
        name: Restaurant(name, (float(x), float(y)))
        for name, x, y in _rows(folder / "restaurants.txt")
    }
    return Instance(
        name=folder.name,
        rules=Rules(
            speed, int(pickup), int(dropoff), int(target), int(most), per_order, per_hour
        ),
        restaurants=tuple(restaurants.values()),
        orders=tuple(
            Order(
                name, restaurants[restaurant], (float(x), float(y)),
                int(placed), int(ready), int(ready),
            )
            for name, x, y, placed, restaurant, ready in _rows(folder / "orders.txt")
        ),
        couriers=tuple(
            Courier(name, (float(x), float(y)), int(on), int(off))
            for name, x, y, on, off in _rows(folder / "couriers.txt")
        ),
    )  # fmt: skip


def read_all(folder: Path) -> list[Instance]:
    """Read every instance in a folder, by name."""
    found = sorted(path.parent for path in folder.glob("*/instance_parameters.txt"))
    return [read(each) for each in found]
