"""The script of a demonstration: who orders what when, and how people behave.

Everything is drawn from the seed and the order's own index, never from the sequence of events on
the wire, so the same seed tells the same story however fast the machine is.
"""

import random
from dataclasses import dataclass
from enum import StrEnum

from web.demo.city import COURIER_NAMES, CUSTOMER_NAMES, RADIUS_METRES, SHOPS, STREETS


class ShopMood(StrEnum):
    """What the shop does with an order."""

    ACCEPTS = "accepts"
    SLEEPS = "sleeps"  # the accept deadline will cancel it
    REJECTS = "rejects"


class CustomerMood(StrEnum):
    """What the customer does after ordering."""

    WAITS = "waits"
    CANCELS = "cancels"  # a little after ordering
    REQUESTS = "requests"  # asks to cancel while the shop prepares
    NUDGES = "nudges"
    NEVER_PAYS = "never_pays"


class CourierMood(StrEnum):
    """What a courier does with an offer."""

    ACCEPTS = "accepts"
    DECLINES = "declines"
    IGNORES = "ignores"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOrder:
    """One order of the script; all times in business seconds."""

    index: int
    at_seconds: float
    customer: int
    shop: int
    lines: tuple[tuple[int, int], ...]
    """(menu position, quantity)"""
    fulfilment: str
    payment_method: str
    street: str
    east: float
    north: float
    shop_mood: ShopMood
    customer_mood: CustomerMood
    answer_seconds: float
    """Until the shop answers."""
    cooking_seconds: float
    mood_seconds: float
    """Until the customer does what the mood says."""
    delays: bool
    agrees: bool
    """Whether the shop agrees when asked to cancel."""


def courier_mood(seed: int, courier: int, order_index: int) -> tuple[CourierMood, float]:
    """What `courier` does when offered the order, and after how many business seconds."""
    dice = random.Random(f"{seed}/courier/{courier}/{order_index}")  # noqa: S311  a story
    mood = dice.choices(tuple(CourierMood), weights=(86, 8, 6))[0]
    return mood, dice.uniform(3, 15)


def tell(*, seed: int, hours: float, orders_per_hour: float) -> tuple[PlannedOrder, ...]:
    """Write the whole script, in order of time."""
    dice = random.Random(f"{seed}/story")  # noqa: S311  a story
    planned = []
    at_seconds = 5.0
    while at_seconds < hours * 3600:
        planned.append(_plan(seed, len(planned), at_seconds))
        at_seconds += dice.expovariate(orders_per_hour / 3600)
    return tuple(planned)


def _plan(seed: int, index: int, at_seconds: float) -> PlannedOrder:
    dice = random.Random(f"{seed}/order/{index}")  # noqa: S311  a story
    shop = dice.randrange(len(SHOPS))
    menu = range(len(SHOPS[shop].menu))
    chosen = dice.sample(menu, k=min(dice.choice((1, 1, 2, 2, 3)), len(menu)))
    payment_method = dice.choices(("cash", "online"), weights=(55, 45))[0]
    mood = dice.choices(tuple(CustomerMood), weights=(82, 4, 4, 6, 4))[0]
    if mood is CustomerMood.NEVER_PAYS and payment_method == "cash":
        mood = CustomerMood.WAITS
    reach = RADIUS_METRES * 0.4
    minutes = SHOPS[shop].preparation_minutes
    return PlannedOrder(
        index=index,
        at_seconds=at_seconds,
        customer=dice.randrange(len(CUSTOMER_NAMES)),
        shop=shop,
        lines=tuple((item, dice.choice((1, 1, 1, 2))) for item in sorted(chosen)),
        fulfilment=dice.choices(("delivery", "pickup"), weights=(82, 18))[0],
        payment_method=payment_method,
        street=f"{dice.choice(STREETS)}{dice.randint(1, 199)}号",
        east=round(dice.uniform(-reach, reach)),
        north=round(dice.uniform(-reach, reach)),
        shop_mood=dice.choices(tuple(ShopMood), weights=(92, 4, 4))[0],
        customer_mood=mood,
        answer_seconds=dice.uniform(6, 75),
        cooking_seconds=60 * max(2.0, dice.gauss(minutes, minutes / 5)),
        mood_seconds=dice.uniform(5, 240),
        delays=dice.random() < 0.06,  # noqa: PLR2004  a share of orders
        agrees=dice.random() < 0.7,  # noqa: PLR2004  a share of requests
    )


def courier_start(seed: int, courier: int) -> tuple[float, float]:
    """Where a courier begins the day: (east, north) in metres from the main square."""
    dice = random.Random(f"{seed}/start/{courier}")  # noqa: S311  a story
    return dice.uniform(-1500, 1500), dice.uniform(-1500, 1500)


COURIER_COUNT = len(COURIER_NAMES)
