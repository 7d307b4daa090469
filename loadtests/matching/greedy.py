"""Two simple peers: the nearest idle courier, and whoever could be there first."""

from collections import deque
from collections.abc import Sequence

from loadtests.matching.instances import Order, Point
from loadtests.matching.simulator import Day, Duty, Instruction


class NearestIdle:
    """Each order, oldest first, to the nearest courier with nothing to do; or it waits."""

    def decide(self, day: Day) -> Sequence[Instruction]:
        idle = {
            duty.courier.name: duty
            for duty in day.on_duty()
            if not duty.orders and duty.free_at <= day.now
        }
        found = []
        for order in list(day.waiting.values()):
            refused = day.refusals.get(order.name, ())
            able = [
                (way, name)
                for name, duty in idle.items()
                if name not in refused
                and _loads_at(day, order, day.now + (way := _way(day, duty, order)))
                <= duty.courier.off_at
            ]
            if able:
                _, name = min(able)
                found.append(Instruction(idle.pop(name), order.restaurant, (order,)))
        return found

    def next_at(self, _day: Day, /) -> int | None:
        return None


def _way(day: Day, duty: Duty, order: Order) -> int:
    return day.instance.minutes(duty.at, order.restaurant.at)


def _loads_at(day: Day, order: Order, arrives_at: int) -> int:
    half = day.instance.rules.pickup_minutes // 2
    return max(arrives_at + half, day.ready_at(order))


class Queue:
    """Each order at once to whoever could pick it up first, behind what they have already."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Order]] = {}
        self._ends: dict[str, tuple[int, Point]] = {}
        self._given: set[str] = set()

    def decide(self, day: Day) -> Sequence[Instruction]:
        for order in day.waiting.values():
            if order.name not in self._given:
                self._give(day, order)
        found = []
        for duty in day.on_duty():
            queue = self._queues.get(duty.courier.name)
            if queue and not duty.orders and duty.free_at <= day.now:
                order = queue.popleft()
                found.append(Instruction(duty, order.restaurant, (order,)))
        return found

    def _give(self, day: Day, order: Order) -> None:
        able = []
        for duty in day.on_duty():
            free_at, at = self._end(day, duty)
            way = day.instance.minutes(at, order.restaurant.at)
            loads_at = _loads_at(day, order, free_at + way)
            if loads_at <= duty.courier.off_at:
                able.append((loads_at, way, duty.courier.name))
        if not able:
            return
        loads_at, _, name = min(able)
        rules = day.instance.rules
        way = day.instance.minutes(order.restaurant.at, order.at)
        end = loads_at + rules.pickup_minutes // 2 + way + rules.dropoff_minutes
        self._ends[name] = end, order.at
        self._queues.setdefault(name, deque()).append(order)
        self._given.add(order.name)

    def _end(self, day: Day, duty: Duty) -> tuple[int, Point]:
        free_at, at = self._ends.get(duty.courier.name, (duty.free_at, duty.at))
        return max(free_at, day.now), at

    def next_at(self, _day: Day, /) -> int | None:
        return None
