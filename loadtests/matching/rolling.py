"""The published rolling horizon, rebuilt from its description (Reyes et al., 2018, section 4).

Every five minutes: bundle what will be ready soon, restaurant by restaurant; assign bundles to
couriers by a linear assignment, the urgent ones first; commit what its courier must begin before
the next time, and send the others ahead to the restaurant.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby

from loadtests.matching.assignment import assign
from loadtests.matching.instances import Instance, Order
from loadtests.matching.simulator import Day, Duty, Instruction


EVERY_MINUTES = 5
READY_WITHIN_MINUTES = 20
"""Orders ready later are not assigned yet; couriers free later are not either."""
FREE_WITHIN_MINUTES = 20
FRESHNESS_WEIGHT = 0.3
"""What a minute between ready and picked up costs, as delivered orders per minute are worth."""
NEVER = 1e9


class Urgency(IntEnum):
    """Groups that are assigned one after the other."""

    OVERDUE = 0  # would miss the target even if loaded at once
    READY = 1  # nobody gets there before it is ready
    SOON = 2


@dataclass(frozen=True)
class Bundle:
    orders: tuple[Order, ...]
    ready_at: int
    minutes: int
    """From the pickup until the last drop-off."""
    urgency: Urgency


class RollingHorizon:
    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def decide(self, day: Day) -> Sequence[Instruction]:
        if day.now % EVERY_MINUTES:
            return []
        orders = [
            order
            for order in day.waiting.values()
            if day.ready_at(order) <= day.now + READY_WITHIN_MINUTES
        ]
        duties = [
            duty
            for duty in day.on_duty()
            if not duty.orders and duty.free_at <= day.now + FREE_WITHIN_MINUTES
        ]
        if not orders or not duties:
            return []
        found = []
        bundles = self._bundle(day, orders, len(duties))
        for _, group in groupby(bundles, key=lambda bundle: bundle.urgency):
            wanted = list(group)
            pairs = assign([[self._cost(day, each, duty) for duty in duties] for each in wanted])
            taken = []
            for row, column in pairs:
                if self._cost(day, wanted[row], duties[column]) < NEVER:
                    taken.append(duties[column])
                    found += self._commit(day, wanted[row], duties[column])
            duties = [duty for duty in duties if duty not in taken]
            if not duties:
                break
        return found

    def next_at(self, day: Day, /) -> int | None:
        return day.now + EVERY_MINUTES - day.now % EVERY_MINUTES

    def _bundle(self, day: Day, orders: Sequence[Order], couriers: int) -> list[Bundle]:
        """Insert each order, by ready time, where it lengthens its restaurant's bundles least."""
        soon = sum(day.ready_at(order) <= day.now + 2 * EVERY_MINUTES for order in orders)
        most = max(1, -(-soon // couriers))
        by_restaurant: dict[str, list[Order]] = defaultdict(list)
        for order in sorted(orders, key=lambda each: (day.ready_at(each), each.name)):
            by_restaurant[order.restaurant.name].append(order)
        found = []
        for group in by_restaurant.values():
            routes: list[tuple[Order, ...]] = [() for _ in range(-(-len(group) // most))]
            for order in group:
                number, route = min(
                    (
                        (number, longer)
                        for number, known in enumerate(routes)
                        if len(known) < most
                        for longer in _insertions(known, order)
                    ),
                    key=lambda each: self._lengthened(day, routes[each[0]], each[1]),
                )
                routes[number] = route
            found += [self._timed(day, route) for route in routes if route]
        return sorted(found, key=lambda each: (each.urgency, each.ready_at, each.orders[0].name))

    def _lengthened(self, day: Day, route: tuple[Order, ...], longer: tuple[Order, ...]) -> float:
        def cost(orders: tuple[Order, ...]) -> float:
            if not orders:
                return 0.0
            ready_at = max(map(day.ready_at, orders))
            waiting = sum(ready_at - day.ready_at(order) for order in orders)
            return self._minutes(orders) + FRESHNESS_WEIGHT * waiting

        return cost(longer) - cost(route)

    def _minutes(self, orders: Sequence[Order]) -> int:
        rules = self._instance.rules
        here, total = orders[0].restaurant.at, rules.pickup_minutes // 2
        for order in orders:
            total += self._instance.minutes(here, order.at) + rules.dropoff_minutes
            here = order.at
        return total

    def _timed(self, day: Day, orders: tuple[Order, ...]) -> Bundle:
        ready_at = max(map(day.ready_at, orders))
        minutes = self._minutes(orders)
        target = self._instance.rules.target_minutes
        if any(max(ready_at, day.now) + minutes > each.placed_at + target for each in orders):
            urgency = Urgency.OVERDUE
        elif ready_at <= day.now + EVERY_MINUTES:
            urgency = Urgency.READY
        else:
            urgency = Urgency.SOON
        return Bundle(orders, ready_at, minutes, urgency)

    def _loads_at(self, day: Day, bundle: Bundle, duty: Duty) -> int:
        restaurant = bundle.orders[0].restaurant
        half = self._instance.rules.pickup_minutes // 2
        if duty.place == restaurant.name:
            return max(duty.free_at + half, bundle.ready_at, day.now)
        way = self._instance.minutes(duty.at, restaurant.at)
        return max(max(duty.free_at, day.now) + way + half, bundle.ready_at)

    def _cost(self, day: Day, bundle: Bundle, duty: Duty) -> float:
        """Orders per minute of the courier, and the freshness of the food: the less the better."""
        loads_at = self._loads_at(day, bundle, duty)
        refused = any(
            duty.courier.name in day.refusals.get(each.name, ()) for each in bundle.orders
        )
        if refused or loads_at > duty.courier.off_at:
            return NEVER
        lasts = loads_at + bundle.minutes - max(duty.free_at, day.now)
        rate = len(bundle.orders) / max(1, lasts)
        return FRESHNESS_WEIGHT * (loads_at - bundle.ready_at) / 10 - rate

    def _commit(self, day: Day, bundle: Bundle, duty: Duty) -> list[Instruction]:
        """Give the orders if loading begins before the next time; else send the courier ahead."""
        restaurant = bundle.orders[0].restaurant
        if duty.free_at > day.now and duty.place != restaurant.name:
            return []
        following = day.now + EVERY_MINUTES
        loads_at = self._loads_at(day, bundle, duty)
        if bundle.ready_at <= following or loads_at <= following:
            return [Instruction(duty, restaurant, bundle.orders)]
        if duty.place != restaurant.name:
            return [Instruction(duty, restaurant)]
        return []


def _insertions(route: tuple[Order, ...], order: Order) -> list[tuple[Order, ...]]:
    return [(*route[:place], order, *route[place:]) for place in range(len(route) + 1)]
