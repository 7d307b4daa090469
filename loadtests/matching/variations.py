"""Instances with something changed: uncertain kitchens, or several cities laid over each other."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from loadtests.matching.instances import Courier, Instance, Order, Point, Restaurant


def with_uncertain_kitchens(instance: Instance, sigma: float, seed: int) -> Instance:
    """Multiply every preparation time by a lognormal factor that nobody knows before."""
    random = Random(f"{instance.name} {seed}")
    orders = []
    for order in instance.orders:
        minutes = (order.ready_at - order.placed_at) * random.lognormvariate(0, sigma)
        orders.append(replace(order, really_ready_at=order.placed_at + round(minutes)))
    return replace(instance, orders=tuple(orders))


def laid_over(instances: Sequence[Instance], span: tuple[int, int]) -> Instance:
    """Return all that several instances have, and of their orders those placed within a span.

    The same place does not occur twice: each instance is moved by a few hundred metres.
    """
    restaurants: list[Restaurant] = []
    orders: list[Order] = []
    couriers: list[Courier] = []
    for number, instance in enumerate(instances):

        def name(old: str, mark: str = f"-{number}") -> str:
            return old + mark

        def at(old: Point, number: int = number) -> Point:
            return old[0] + 70 * number, old[1] + 40 * number

        known = {
            each.name: Restaurant(name(each.name), at(each.at)) for each in instance.restaurants
        }
        restaurants += known.values()
        orders += [
            replace(
                each, name=name(each.name), restaurant=known[each.restaurant.name], at=at(each.at)
            )
            for each in instance.orders
            if span[0] <= each.placed_at < span[1]
        ]
        couriers += [
            replace(each, name=name(each.name), at=at(each.at))
            for each in instance.couriers
            if each.off_at > span[0] and each.on_at < span[1]
        ]
    return Instance(
        name=f"{len(instances)}x{instances[0].variant}",
        rules=instances[0].rules,
        restaurants=tuple(restaurants),
        orders=tuple(orders),
        couriers=tuple(couriers),
    )
