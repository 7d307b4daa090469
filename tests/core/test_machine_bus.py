"""The bell among processes of one machine: each hears all, and none waits for the dead."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from core.machine_bus import MachineBus


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path, as names of sockets must be."""
    with TemporaryDirectory() as name:
        yield Path(name)


Buses = Callable[[str], MachineBus]


@pytest.fixture
async def bus_of(folder: Path) -> AsyncIterator[Buses]:
    """Make the bus as another process would have it."""
    made: list[MachineBus] = []

    def make(process: str) -> MachineBus:
        made.append(MachineBus(folder=str(folder), capacity=100))
        made[-1]._own = folder / process
        return made[-1]

    yield make
    for bus in made:
        await bus.close()


async def heard(bus: MachineBus, channel: str) -> dict[str, Any]:
    return dict(await asyncio.wait_for(bus.receive(channel), 30))


async def listening(bus: MachineBus) -> str:
    channel = await bus.new_channel()
    await bus.group_add("orders", channel)
    return channel


class TestMachineBus:
    async def test_tells_itself_and_all_others(self, bus_of: Buses) -> None:
        one, two = bus_of("1"), bus_of("2")
        channels = [await listening(one), await listening(two)]
        message = {"type": "bell", "group": "orders", "ev": [1, "x"]}
        await one.group_send("orders", message)
        assert await heard(one, channels[0]) == message
        assert await heard(two, channels[1]) == message

    async def test_keeps_the_order_of_many(self, bus_of: Buses) -> None:
        one, two = bus_of("1"), bus_of("2")
        channel = await listening(two)
        for number in range(90):
            await one.group_send("orders", {"type": "bell", "number": number})
            await asyncio.sleep(0)
        numbers = [(await heard(two, channel))["number"] for _turn in range(90)]
        assert numbers == list(range(90))

    async def test_takes_away_what_the_dead_have_left(self, bus_of: Buses, folder: Path) -> None:
        one, two = bus_of("1"), bus_of("2")
        await listening(two)
        await two.close()
        assert os.listdir(folder) == ["2"]  # noqa: PTH208  in an async function
        await one.group_send("orders", {"type": "bell"})
        assert os.listdir(folder) == []  # noqa: PTH208

    async def test_loses_what_is_too_large(self, bus_of: Buses) -> None:
        one, two = bus_of("1"), bus_of("2")
        channel = await listening(two)
        await one.group_send("orders", {"type": "bell", "ev": ["x" * 10_000_000]})
        await one.group_send("orders", {"type": "bell", "ev": ["y"]})
        assert (await heard(two, channel))["ev"] == ["y"]
