"""The living city: everybody with their devices, and the script that sets them going."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Protocol

import aiohttp

from web.demo.courier_player import CourierPlayer
from web.demo.customer_player import CustomerPlayer
from web.demo.device import Device
from web.demo.installation import Installation
from web.demo.operator_player import OperatorPlayer
from web.demo.shop_player import ShopPlayer
from web.demo.story import tell
from web.demo.world import World


STARTING_AT_ONCE = 8


class Player(Protocol):
    """Somebody of the city."""

    async def start(self) -> None:
        """Switch the devices on."""


class Simulation:
    """All players of one world."""

    def __init__(self, world: World) -> None:
        """Cast the city."""
        self.world = world
        city = world.city
        self.shops = [ShopPlayer(world, shop) for shop in city.shops]
        self.couriers = [
            CourierPlayer(world, login, number) for number, login in enumerate(city.couriers)
        ]
        self.customers = [CustomerPlayer(world, login) for login in city.customers]
        self.operator = OperatorPlayer(world)

    def devices(self) -> list[Device]:
        """Every device of the city."""
        return [
            *(device for shop in self.shops for device in shop.devices),
            *(courier.device for courier in self.couriers),
            *(customer.device for customer in self.customers),
            self.operator.device,
        ]

    async def start(self) -> None:
        """Switch every device on."""
        players: list[Player] = [*self.shops, *self.customers, *self.couriers, self.operator]
        await together((player.start() for player in players), at_once=STARTING_AT_ONCE)

    async def play(self, *, orders_per_hour: float, hours: float | None) -> None:
        """Let the orders of the script come, for so many business hours or for ever."""
        began_at = self.world.now()
        for plan in tell(seed=self.world.seed, orders_per_hour=orders_per_hour):
            if hours is not None and plan.at_seconds >= hours * 3600:
                return
            passed = (self.world.now() - began_at).total_seconds()
            await self.world.sleep(max(0.0, plan.at_seconds - passed))
            self.world.spawn(self.customers[plan.customer].order(plan))

    async def drain(self, *, seconds: float) -> None:
        """Let the running orders end, for at most so many business seconds."""
        devices = {device.login.id: device for device in self.devices()}
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds / self.world.clock.speed):
                await asyncio.gather(
                    *(
                        devices[login.id].until(partial(_has_ended, devices[login.id], order_id))
                        for order_id, (_plan, login) in self.world.orders.items()
                    )
                )

    async def stop(self) -> None:
        """Switch every device off."""
        await asyncio.gather(*(device.stop() for device in self.devices()))


@asynccontextmanager
async def world_of(
    installation: Installation, *, seed: int, keeps_everything: bool
) -> AsyncIterator[World]:
    """Open the outside's way to the installation."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{installation.base_url}/api/v1/push/key") as response:
            key = (await response.json())["key"]
        world = World(
            seed=seed,
            clock_file=installation.clock_file,
            city=installation.city,
            base_url=installation.base_url,
            sandbox_url=installation.sandbox_url,
            vapid_public_key=key,
            session=session,
            keeps_everything=keeps_everything,
        )
        try:
            yield world
        finally:
            await world.stop()


def _has_ended(device: Device, order_id: str) -> bool:
    row = device.row(f"order:{order_id}", f"order:{order_id}")
    return row is not None and not row["open"]


async def together(jobs: Iterable[Awaitable[Any]], *, at_once: int) -> None:
    """Do all of them, so many at a time."""
    room = asyncio.Semaphore(at_once)

    async def one(job: Awaitable[Any]) -> None:
        async with room:
            await job

    await asyncio.gather(*(one(job) for job in jobs))
