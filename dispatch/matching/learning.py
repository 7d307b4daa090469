"""What history teaches a plan: where the next orders appear, and how far kitchens keep their word.

Values are sums, so those of several shops add up, and grow old by being made smaller.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Final

from dispatch.matching.model import Demand
from dispatch.matching.roads import Point


HOURS: Final = 24
FIRST: Final = 1.0
"""A shop that has sold nothing yet counts like one order."""
ALWAYS: Final = 0.25
"""What an order counts at the other hours of the day."""
NEXT_TO: Final = 0.5
"""What it counts in the hours beside its own."""
MOST_SHOPS: Final = 60

LEAST_SEEN: Final = 20
"""Before that a kitchen is believed."""
LEAST_SPREAD: Final = 0.02
PART: Final = 0.35
"""The chance that it is ready by the moment planned for: better a courier waits than food."""
_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """How many orders a shop has had at each hour of the day."""

    hours: tuple[float, ...] = (0.0,) * HOURS

    def __add__(self, other: "Sales") -> "Sales":
        """Count both."""
        return Sales(hours=tuple(map(sum, zip(self.hours, other.hours, strict=True))))

    def with_order(self, hour: int) -> "Sales":
        """Count one more."""
        return Sales(hours=tuple(n + (each == hour) for each, n in enumerate(self.hours)))

    def aged(self, part: float) -> "Sales":
        """Let only so much of it count."""
        return Sales(hours=tuple(n * part for n in self.hours))

    def expected(self, hour: int) -> float:
        """Return how much of the next orders is to be expected here, beside other shops."""
        beside = self.hours[hour - 1] + self.hours[(hour + 1) % HOURS]
        return FIRST + ALWAYS * sum(self.hours) + self.hours[hour] + NEXT_TO * beside


def demand_of(shops: Iterable[tuple[str, Point, Sales]], hour: int) -> tuple[Demand, ...]:
    """Return where orders appear at this hour, most first."""
    found = [Demand(shop=shop, at=at, weight=sales.expected(hour)) for shop, at, sales in shops]
    return tuple(sorted(found, key=lambda each: (-each.weight, each.shop))[:MOST_SHOPS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Kitchen:
    """The spread of real over promised preparation, taken as lognormal."""

    count: float = 0.0
    total: float = 0.0
    """Sum of the logarithms of real over promised minutes."""
    squares: float = 0.0

    def __add__(self, other: "Kitchen") -> "Kitchen":
        """Take two kitchens as one."""
        return Kitchen(
            count=self.count + other.count,
            total=self.total + other.total,
            squares=self.squares + other.squares,
        )

    def aged(self, part: float) -> "Kitchen":
        """Let only so much of it count."""
        return Kitchen(
            count=self.count * part, total=self.total * part, squares=self.squares * part
        )

    def with_order(self, *, promised: float, took: float) -> "Kitchen":
        """Learn from an order that has become ready: minutes promised and taken."""
        if promised <= 0 or took <= 0:
            return self
        ratio = log(took / promised)
        return self + Kitchen(count=1.0, total=ratio, squares=ratio * ratio)

    @property
    def is_known(self) -> bool:
        """Whether enough was seen to tell anything."""
        return self.count >= LEAST_SEEN

    def ready_at(
        self, *, begun_at: float, promised_at: float, now: float, part: float = PART
    ) -> float:
        """Return by when an order that is not ready at `now` will be, with the chance `part`.

        All in minutes.
        """
        promised = promised_at - begun_at
        if not self.is_known or promised <= 0:
            return max(promised_at, now)
        mean = self.total / self.count
        spread = sqrt(max(0.0, self.squares / self.count - mean * mean))
        if spread < LEAST_SPREAD:
            return max(promised_at, now)
        passed = max(now - begun_at, 1.0)
        gone = _NORMAL.cdf((log(passed / promised) - mean) / spread)
        part = min(gone + (1 - gone) * part, 0.999)
        return max(begun_at + promised * exp(mean + spread * _NORMAL.inv_cdf(part)), now)
