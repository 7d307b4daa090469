"""What a day comes to: the figures of the published study, and the CPU of the decisions."""

from collections.abc import Mapping, Sequence
from typing import Any

from loadtests.matching.instances import Instance
from loadtests.matching.simulator import Day


PUBLISHED: Mapping[str, float] = {
    "o100t100s1p100": 32.96, "o100t100s1p125": 36.84, "o100t100s2p100": 31.41,
    "o100t100s2p125": 35.27, "o100t75s1p100": 29.25, "o100t75s1p125": 33.20,
    "o100t75s2p100": 28.80, "o100t75s2p125": 32.70, "o50t100s1p100": 34.43,
    "o50t100s1p125": 38.23, "o50t100s2p100": 32.21, "o50t100s2p125": 35.87,
    "o50t75s1p100": 30.05, "o50t75s1p125": 33.93, "o50t75s2p100": 28.84,
    "o50t75s2p125": 32.77, "r50t100s1p100": 33.92, "r50t100s1p125": 37.99,
    "r50t100s2p100": 32.26, "r50t100s2p125": 36.13, "r50t75s1p100": 29.87,
    "r50t75s1p125": 33.72, "r50t75s2p100": 29.19, "r50t75s2p125": 33.10,
}  # fmt: skip
"""Mean click-to-door of the rolling horizon by class, ten instances each (Reyes et al., 2018)."""


def share(values: Sequence[float], part: float) -> float:
    """Return the value below which this part of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def figures(day: Day) -> dict[str, float]:
    """Return the figures of one day; times in minutes, CPU in milliseconds."""
    instance = day.instance
    door, late, shelf = [], [], []
    for carried in day.carried:
        for order, dropped_at in zip(carried.orders, carried.dropped_at, strict=True):
            door.append(dropped_at - order.placed_at)
            late.append(max(0, door[-1] - instance.rules.target_minutes))
            shelf.append(carried.picked_up_at - order.really_ready_at)
    cpu = [1000 * each.cpu_seconds for each in day.decisions]
    missing = len(instance.orders) - len(door)
    floor = mean([instance.floor_minutes(order) for order in instance.orders])
    return {
        "orders": len(instance.orders),
        "click_to_door": mean(door),
        "click_to_door_of_all": mean([*door, *[instance.rules.most_minutes] * missing]),
        "p90": share(door, 0.9),
        "floor": floor,
        "excess": mean(door) - floor,
        "ready_to_pickup": mean(shelf),
        "overage": mean(late),
        "undelivered_percent": 100 * missing / len(instance.orders),
        "undelivered": missing,
        "orders_per_pickup": len(door) / max(1, len(day.carried)),
        "cost_per_order": _pay(day) / max(1, len(door)),
        "utilisation_percent": 100 * _busy_minutes(day) / _duty_minutes(instance),
        "cpu_ms": mean(cpu),
        "cpu_ms_p99": share(cpu, 0.99),
    }


def summary(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the means over instances, each counting once; counts are added up."""
    counts = {"orders", "undelivered"}
    found = {
        key: sum(row[key] for row in rows) / (1 if key in counts else len(rows)) for key in rows[0]
    }
    found["undelivered_percent"] = 100 * found["undelivered"] / found["orders"]
    return found


def rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: round(value, 2) if isinstance(value, float) else value for key, value in row.items()
    }


def _duty_minutes(instance: Instance) -> int:
    return sum(courier.off_at - courier.on_at for courier in instance.couriers)


def _busy_minutes(day: Day) -> int:
    """Add up driving, with and without food, and handing over."""
    rules, total = day.instance.rules, 0
    for carried in day.carried:
        drop = rules.dropoff_minutes // 2
        total += carried.dropped_at[-1] + drop - carried.picked_up_at + rules.pickup_minutes // 2
    places = {each.name: each.at for each in day.instance.restaurants}
    origins = places | {each.name: each.at for each in day.instance.orders}
    origins |= {each.name: each.at for each in day.instance.couriers}
    return total + sum(
        day.instance.minutes(origins[move.origin], places[move.destination])
        for move in day.moves
        if move.destination in places
    )


def _pay(day: Day) -> float:
    rules = day.instance.rules
    carried: dict[str, int] = {}
    for each in day.carried:
        carried[each.courier] = carried.get(each.courier, 0) + len(each.orders)
    return sum(
        max(
            carried.get(courier.name, 0) * rules.pay_per_order,
            (courier.off_at - courier.on_at) / 60 * rules.pay_per_hour,
        )
        for courier in day.instance.couriers
    )
