"""How far kitchens keep their word, learned during the day: when an order is probably ready."""

from math import exp, log, sqrt
from statistics import NormalDist

from loadtests.matching.instances import Order


LEAST_SEEN = 20
"""Before that every kitchen is believed."""
LEAST_SPREAD = 0.02
PART = 0.35
"""The chance that it is ready by the moment planned for: better a courier waits than food."""
_NORMAL = NormalDist()


class Kitchens:
    """The spread of real over promised preparation, taken as lognormal."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0.0
        self._squares = 0.0

    def learn(self, order: Order) -> None:
        """Note an order that has become ready."""
        promised = order.ready_at - order.placed_at
        took = order.really_ready_at - order.placed_at
        if promised > 0 and took > 0:
            ratio = log(took / promised)
            self._count += 1
            self._sum += ratio
            self._squares += ratio * ratio

    def ready_at(self, order: Order, now: int) -> float:
        """Return when an order that is not ready yet probably will be."""
        believed = max(order.ready_at, now + 1)
        promised = order.ready_at - order.placed_at
        if self._count < LEAST_SEEN or promised <= 0:
            return believed
        mean = self._sum / self._count
        spread = sqrt(max(0.0, self._squares / self._count - mean * mean))
        if spread < LEAST_SPREAD:
            return believed
        return max(order.placed_at + promised * self._factor(mean, spread, order, now), now + 1)

    def _factor(self, mean: float, spread: float, order: Order, now: int) -> float:
        """Return real over promised minutes, given that it is not ready now."""
        promised = order.ready_at - order.placed_at
        passed = max(now - order.placed_at, 1)
        gone = _NORMAL.cdf((log(passed / promised) - mean) / spread)
        part = min(gone + (1 - gone) * PART, 0.999)
        return exp(mean + spread * _NORMAL.inv_cdf(part))
