"""The script of a demonstration: who orders what when, and how people behave.

Everything is drawn from the seed and the order's own index, never from the sequence of events on
the wire, so the same seed tells the same story however fast the machine is.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count
from zlib import crc32

from web.demo.city import CUSTOMER_NAMES, SHOPS
from web.demo.doors import doors
from web.demo.geometry import Place


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
    address: str
    door: Place
    shop_mood: ShopMood
    customer_mood: CustomerMood
    answer_seconds: float
    """Until the shop answers."""
    cooking_seconds: float
    mood_seconds: float
    """Until the customer does what the mood says."""
    delays: bool
    """Whether the shop needs ten minutes more half-way."""
    agrees: bool
    """Whether the shop agrees when asked to cancel."""
    is_home: bool
    """Whether somebody opens the door."""
    card_fails: bool
    """Whether the first attempt to pay is refused."""
    sells_out: bool
    """Whether the kitchen runs out of the last line."""


def courier_mood(seed: int, courier: int, order_index: int) -> tuple[CourierMood, float]:
    """What `courier` does when offered the order, and after how many business seconds."""
    dice = random.Random(f"{seed}/courier/{courier}/{order_index}")  # noqa: S311  a story
    mood = dice.choices(tuple(CourierMood), weights=(86, 8, 6))[0]
    return mood, dice.uniform(3, 15)


def tell(*, seed: int, orders_per_hour: float) -> Iterator[PlannedOrder]:
    """Tell the script without end, in order of time."""
    dice = random.Random(f"{seed}/story")  # noqa: S311  a story
    at_seconds = 5.0
    for index in count():
        yield _plan(seed, index, at_seconds)
        at_seconds += dice.expovariate(orders_per_hour / 3600)


def improvise(order_id: str) -> PlannedOrder:
    """A part for an order that a visitor of the demonstration placed by hand.

    The shop leaves it alone for a while, as the visitor may want to be the shop too.
    """
    return replace(
        _plan(0, 0, 0.0),
        index=crc32(order_id.encode()),
        shop_mood=ShopMood.ACCEPTS,
        customer_mood=CustomerMood.WAITS,
        answer_seconds=150.0,
        cooking_seconds=300.0,
        delays=False,
        agrees=True,
        is_home=True,
        sells_out=False,
    )


def _plan(seed: int, index: int, at_seconds: float) -> PlannedOrder:
    dice = random.Random(f"{seed}/order/{index}")  # noqa: S311  a story
    shop = dice.randrange(len(SHOPS))
    menu = range(len(SHOPS[shop].menu))
    chosen = dice.sample(menu, k=min(dice.choice((1, 1, 2, 2, 3)), len(menu)))
    payment_method = dice.choices(("cash", "online"), weights=(55, 45))[0]
    mood = dice.choices(tuple(CustomerMood), weights=(82, 4, 4, 6, 4))[0]
    if mood is CustomerMood.NEVER_PAYS and payment_method == "cash":
        mood = CustomerMood.WAITS
    door = dice.choice(doors())
    minutes = SHOPS[shop].preparation_minutes
    return PlannedOrder(
        index=index,
        at_seconds=at_seconds,
        customer=dice.randrange(len(CUSTOMER_NAMES)),
        shop=shop,
        lines=tuple((item, dice.choice((1, 1, 1, 2))) for item in sorted(chosen)),
        fulfilment=dice.choices(("delivery", "pickup"), weights=(82, 18))[0],
        payment_method=payment_method,
        address=f"{door.street} {dice.randint(1, 60)}",
        door=door.place,
        shop_mood=dice.choices(tuple(ShopMood), weights=(92, 4, 4))[0],
        customer_mood=mood,
        answer_seconds=dice.uniform(6, 75),
        cooking_seconds=60 * max(2.0, dice.gauss(minutes, minutes / 5)),
        mood_seconds=dice.uniform(5, 240),
        delays=dice.random() < 0.06,  # noqa: PLR2004  a share of orders
        agrees=dice.random() < 0.7,  # noqa: PLR2004  a share of requests
        is_home=dice.random() < 0.98,  # noqa: PLR2004  a share of orders
        card_fails=dice.random() < 0.05,  # noqa: PLR2004  a share of payments
        sells_out=dice.random() < 0.05,  # noqa: PLR2004  a share of orders
    )


def courier_start(seed: int, courier: int) -> Place:
    """Where a courier begins the day."""
    dice = random.Random(f"{seed}/start/{courier}")  # noqa: S311  a story
    return dice.choice(doors()).place
