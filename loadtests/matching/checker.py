"""Judges a finished day by the rules alone, from what was written down of it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from loadtests.matching.instances import Courier, Instance, Point
from loadtests.matching.simulator import Carried, Day, Move


def faults(day: Day) -> list[str]:
    """Return what broke the rules; nothing, if all is well."""
    counts = Counter(order.name for each in day.carried for order in each.orders)
    found = [f"{name} carried {count} times" for name, count in counts.items() if count > 1]
    moves: dict[str, list[Move]] = defaultdict(list)
    for move in day.moves:
        moves[move.courier].append(move)
    loads: dict[str, list[Carried]] = defaultdict(list)
    for carried in day.carried:
        loads[carried.courier].append(carried)
    for courier in day.instance.couriers:
        ways = _Ways(day.instance, courier)
        found += ways.follow(moves[courier.name], loads[courier.name])
    return found


class _Ways:
    """One courier's day, walked again: never in two places, nothing loaded too soon."""

    def __init__(self, instance: Instance, courier: Courier) -> None:
        self._instance = instance
        self._courier = courier
        self._rules = instance.rules
        self._places: dict[str, Point] = {courier.name: courier.at}
        self._places |= {each.name: each.at for each in instance.restaurants}
        self._orders = {each.name: each for each in instance.orders}

    def follow(self, moves: Sequence[Move], loads: Sequence[Carried]) -> Iterator[str]:
        """Go through the moves in order, and look at what is loaded between them."""
        pending = list(loads)
        here, free_at = self._courier.name, self._courier.on_at
        for move in sorted(moves, key=lambda each: each.left_at):
            if pending and move.destination == pending[0].orders[0].name:
                carried = pending.pop(0)
                yield from self._loaded(carried, here, free_at)
                free_at = carried.picked_up_at + self._rules.pickup_minutes // 2
            if move.origin != here or move.left_at < free_at:
                yield f"{move} while at {here} until {free_at}"
            free_at = move.left_at + self._instance.minutes(
                self._at(move.origin), self._at(move.destination)
            )
            if move.destination in self._orders:
                free_at += self._rules.dropoff_minutes
            here = move.destination
        yield from (f"{carried} never moved" for carried in pending)

    def _at(self, place: str) -> Point:
        return self._orders[place].at if place in self._orders else self._places[place]

    def _loaded(self, carried: Carried, here: str, arrived_at: int) -> Iterator[str]:
        orders, picked_up_at = carried.orders, carried.picked_up_at
        if {order.restaurant.name for order in orders} != {here}:
            yield f"{carried} is loaded at {here}"
        if picked_up_at < arrived_at + self._rules.pickup_minutes // 2:
            yield f"{carried} is loaded at {picked_up_at}, there since {arrived_at}"
        if picked_up_at > self._courier.off_at:
            yield f"{carried} is loaded after the shift"
        if picked_up_at < max(order.really_ready_at for order in orders):
            yield f"{carried} is loaded before it is ready"
        if carried.assigned_at < max(order.placed_at for order in orders):
            yield f"{carried} was assigned before it was placed"
        clock, at = picked_up_at + self._rules.pickup_minutes // 2, orders[0].restaurant.at
        for order, dropped_at in zip(orders, carried.dropped_at, strict=True):
            clock += self._instance.minutes(at, order.at) + self._rules.dropoff_minutes // 2
            if dropped_at != clock:
                yield f"{order.name} is dropped at {dropped_at}, not at {clock}"
            clock += self._rules.dropoff_minutes // 2
            at = order.at
