"""Real connections through the proxy meet the faults they should, and no others."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from tests.proxy.control import serve_control
from tests.proxy.faults import Faults
from tests.proxy.proxy import Proxy


async def count(socket: ServerConnection) -> None:
    """Answer `n` with the numbers below it, one a message."""
    async for text in socket:
        for number in range(int(text)):
            await socket.send(str(number))


@asynccontextmanager
async def proxied(faults: Faults | None = None) -> AsyncIterator[Proxy]:
    async with serve(count, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with Proxy([("127.0.0.1", port)], seed=3, faults=faults) as proxy:
            yield proxy


def client(proxy: Proxy) -> connect:
    url = f"ws://127.0.0.1:{proxy.port}"
    return connect(url, compression=None, proxy=None, ping_interval=None, max_queue=None)


async def numbers(socket: ClientConnection, until: str) -> list[str]:
    """Read up to and with the message `until`."""
    found: list[str] = []
    async with asyncio.timeout(10):
        while not found or found[-1] != until:
            found.append(str(await socket.recv()))
    return found


class TestFrames:
    async def test_pass_untouched_without_faults(self) -> None:
        async with proxied() as proxy, client(proxy) as socket:
            await socket.send("50")
            assert await numbers(socket, "49") == [str(each) for each in range(50)]

    async def test_are_dropped(self) -> None:
        async with proxied(Faults(drop=0.5)) as proxy, client(proxy) as socket:
            await socket.send("100")
            while sum(proxy.judge.counts.values()) < 100:
                await socket.recv()
            assert 0 < proxy.judge.counts["drop"] < 100

    async def test_are_doubled(self) -> None:
        async with proxied(Faults(duplicate=1)) as proxy, client(proxy) as socket:
            await socket.send("2")
            assert [await socket.recv() for _ in range(4)] == ["0", "0", "1", "1"]

    async def test_are_overtaken_by_the_next_one(self) -> None:
        async with proxied(Faults(reorder=1)) as proxy, client(proxy) as socket:
            await socket.send("3")
            assert [await socket.recv() for _ in range(3)] == ["1", "0", "2"]

    @pytest.mark.parametrize("faults", [Faults(truncate=1), Faults(cut=1)])
    async def test_end_the_connection(self, faults: Faults) -> None:
        async with proxied(faults) as proxy, client(proxy) as socket:
            await socket.send("1")
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code in (None, 1006)

    async def test_wait_while_the_line_is_frozen(self) -> None:
        async with proxied() as proxy, client(proxy) as socket:
            proxy.faults = Faults(freeze=True)
            await socket.send("1")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await socket.recv()
            proxy.faults = Faults()
            assert await socket.recv() == "0"


class TestConnections:
    async def test_are_refused(self) -> None:
        async with proxied(Faults(refuse=True)) as proxy:
            with pytest.raises((InvalidMessage, OSError)):
                await client(proxy)

    async def test_cannot_be_upgraded_where_websocket_is_unknown(self) -> None:
        async with proxied(Faults(block_websocket=True)) as proxy:
            with pytest.raises(InvalidStatus) as refused:
                await client(proxy)
            assert refused.value.response.status_code == 403

    async def test_are_cut_on_demand(self) -> None:
        async with proxied() as proxy, client(proxy) as socket:
            assert proxy.cut() == 1
            with pytest.raises(ConnectionClosed):
                await socket.recv()


class TestControl:
    async def test_sets_faults_and_tells_what_happened(self) -> None:
        async with proxied() as proxy, client(proxy) as socket:
            runner = await serve_control(proxy, 0)
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            async with aiohttp.ClientSession(url) as session:
                await session.put("/faults", json={"duplicate": 1})
                await socket.send("1")
                assert [await socket.recv(), await socket.recv()] == ["0", "0"]
                async with session.post("/cut") as answer:
                    state = json.loads(await answer.text())
            await runner.cleanup()
        assert (state["connections"], state["counts"]) == (1, {"duplicate": 1})
        with pytest.raises(ConnectionClosed):
            await socket.recv()
