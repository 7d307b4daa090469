"""The shop on the wall and what is done to it: orders on demand, and a look at how they fare."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, TypeVar

from web.demo.customer_player import CustomerPlayer
from web.demo.installation import Installation
from web.demo.outside import Api
from web.demo.phones import flatten
from web.demo.scene import STAGE
from web.demo.shop_player import ShopPlayer
from web.demo.simulation import Simulation
from web.demo.story import PlannedOrder, improvise


T = TypeVar("T")

LOOK_REAL_SECONDS: Final = 0.2
LONGEST_REAL_SECONDS: Final = 600.0
WAITING_ORDERS: Final = 2
"""How many orders should wait on the boards, so that a visitor always has one to accept."""
LIVE_ORDERS: Final = 9
FEED_REAL_SECONDS: Final = 4.0
PATIENCE_SECONDS: Final = 200.0


class NotSoon(Exception):
    """What was waited for has not come about."""


@dataclass(slots=True)
class Stage:
    """Everything a trouble works with."""

    simulation: Simulation
    installation: Installation
    _numbers: Any = field(default_factory=lambda: count(7))

    @property
    def shop(self) -> ShopPlayer:
        """The people of the shop on the wall."""
        return self.simulation.shops[STAGE]

    @property
    def operator(self) -> Api:
        """The operator's access to the API."""
        return self.simulation.operator.device.api

    async def order(self, *, resumes: bool = True, **changes: Any) -> "Placed":
        """Let the next customer order from the shop at once.

        A shop that missed orders have paused is resumed first, as its owner would on the phone.

        :raises NotSoon: when the order is refused.
        """
        number = next(self._numbers)
        customer = self.simulation.customers[number % len(self.simulation.customers)]
        plan = replace(self._plan(number), **changes)
        if resumes:
            await self.shop.resume()
        order_id = await customer.place(plan, at_once=True)
        if order_id is None:
            raise NotSoon("refused")
        self.simulation.world.spawn(customer.follow(order_id, plan))
        return Placed(customer, order_id)

    def _plan(self, number: int) -> PlannedOrder:
        plan = improvise(f"{self.simulation.world.seed}/{number}")
        return replace(plan, shop=STAGE, lines=((number % 2, 1),), fulfilment="delivery")

    async def feed(self) -> None:
        """Keep some orders waiting on the boards, for as long as the city lives."""
        self.shop.patience_seconds = PATIENCE_SECONDS
        while True:
            live = [order for order in self.orders() if order["open"]]
            waiting = [order for order in live if order["state"] == "placed"]
            if len(waiting) < WAITING_ORDERS and len(live) < LIVE_ORDERS:
                await self.feed_once()
            await asyncio.sleep(FEED_REAL_SECONDS)

    async def feed_once(self) -> None:
        """One more order from the shop."""
        await self.simulation.world.attempt("feed", self._one_more())

    async def _one_more(self) -> None:
        """Order, unless the shop takes no orders now: missed ones have paused it."""
        with suppress(NotSoon):
            await self.order(resumes=False, payment_method="cash")

    def orders(self) -> list[Mapping[str, Any]]:
        """Orders as the shop's first tablet shows them."""
        views = self.shop.devices[0].client.views
        rows = views[self.shop.topic].rows if self.shop.topic in views else {}
        return [row.data for key, row in rows.items() if key.startswith("order:")]

    async def until(self, condition: Callable[[], bool], *, seconds: float | None = None) -> None:
        """Wait until it holds, in real seconds.

        :raises NotSoon: when it does not.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + (seconds or LONGEST_REAL_SECONDS)
        while not condition():
            if loop.time() > until:
                raise NotSoon("waited too long")
            await asyncio.sleep(LOOK_REAL_SECONDS)

    async def seen(self, ask: Callable[[], Awaitable[T]], is_it: Callable[[T], bool]) -> T:
        """Ask again and again until the answer is the one that is waited for; return it.

        :raises NotSoon: when it does not come.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST_REAL_SECONDS
        while loop.time() < until:
            found = await ask()
            if is_it(found):
                return found
            await asyncio.sleep(LOOK_REAL_SECONDS)
        raise NotSoon("waited too long")

    async def sandbox(self, path: str) -> Any:
        """What the sandbox says at `path`."""
        world = self.simulation.world
        async with world.session.get(f"{world.sandbox_url}{path}") as response:
            return await response.json()

    async def told(self, names: set[str], since: datetime) -> set[str]:
        """In which ways people of these names were told something since then."""
        phones = (await self.sandbox("/screens"))["phones"]
        return {
            message["kind"]
            for message in flatten(phones)
            if message["person"] in names and datetime.fromisoformat(message["at"]) >= since
        }


@dataclass(frozen=True, slots=True)
class Placed:
    """One order that a trouble looks after."""

    customer: CustomerPlayer
    id: str

    @property
    def view(self) -> Mapping[str, Any]:
        """The order as its customer sees it now."""
        return self.customer.view(self.id)

    @property
    def number(self) -> int:
        """The shop's number of it."""
        return int(self.view.get("number", 0))

    @property
    def state(self) -> str:
        """Where it stands."""
        return str(self.view["state"])


def real_now() -> datetime:
    """Real time, as the sandbox writes it down."""
    return datetime.now(UTC)
