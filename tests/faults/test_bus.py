"""Redis away, silent, or throwing us out: the poll of heads carries the traffic."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis import Redis

from core.events.streams import shard_group
from tests.faults.conftest import Board, Installation, watched
from tests.realtime.conftest import Shop


AWAY_SECONDS = 10.0
ANY_MOMENT = 0.05


@pytest.fixture
def server(installation: Installation) -> Iterator[Redis]:
    """Talk to the Redis behind the pipe."""
    with Redis(port=installation.bus.port) as client:
        yield client


def subscribers(server: Redis) -> set[str]:
    """Name the connections that listen to the bus."""
    return {str(client["id"]) for client in server.client_list(_type="pubsub")}


class TestRedisAway:
    async def test_for_ten_seconds_loses_nothing(
        self,
        installation: Installation,
        shop: Shop,
        record_property: Callable[[str, object], None],
    ) -> None:
        async with watched(shop, installation.clients(shop)) as board:
            await board.say("before")
            await board.arrival()
            installation.to_bus.close()
            late = await self.say_for(AWAY_SECONDS, board)
            installation.to_bus.heal()
            for number in range(10):
                await board.say(f"after {number}")
                await asyncio.sleep(ANY_MOMENT)
            await board.verify()
        assert len(late) >= 2
        record_property("last frame noticed after seconds", sorted(late))
        print("last frame noticed after", [round(seconds, 2) for seconds in sorted(late)])

    async def say_for(self, seconds: float, board: Board) -> list[float]:
        """Say one thing at a time; each must arrive although nothing follows it."""
        late = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await board.say("unheard")
            said_at = time.monotonic()
            await board.arrival()
            late.append(time.monotonic() - said_at)
            await asyncio.sleep(ANY_MOMENT * len(late) % 1)
        return late

    async def test_and_back_rings_again(self, installation: Installation, shop: Shop) -> None:
        async with watched(shop, installation.clients(shop)) as board:
            installation.to_bus.close()
            await board.say("unheard")
            await board.arrival()
            installation.to_bus.heal()
            await self.until_heard(board)
            await board.verify()

    async def until_heard(self, board: Board) -> None:
        """Say things until one arrives much sooner than any poll could bring it."""
        async with asyncio.timeout(120):
            while True:
                await board.say("heard?")
                try:
                    async with asyncio.timeout(0.3):
                        await board.arrival()
                except TimeoutError:
                    continue
                return


class TestRedisSilent:
    async def test_holds_up_nobody(self, installation: Installation, shop: Shop) -> None:
        async with watched(shop, installation.clients(shop)) as board:
            installation.to_bus.hold()
            for number in range(5):
                await board.say(f"unheard {number}")
            await board.arrival()
            installation.to_bus.heal()
            await board.say("heard")
            await board.verify()
            assert all(client.close_codes == [] for client in board.clients)


class TestRedisOverflows:
    async def test_and_throws_our_subscribers_out(
        self, installation: Installation, shop: Shop, server: Redis
    ) -> None:
        async with watched(shop, installation.clients(shop)) as board:
            await board.say("before")
            await board.arrival()
            before = subscribers(server)
            server.config_set("client-output-buffer-limit", "pubsub 20000 20000 1")
            installation.to_bus.hold()
            await self.flood(installation)
            await board.say("unheard")
            installation.to_bus.heal()
            await board.say("after")
            await board.verify()
            server.config_set("client-output-buffer-limit", "pubsub 33554432 8388608 60")
        assert before
        assert not before & subscribers(server)

    async def flood(self, installation: Installation) -> None:
        """Ring more than Redis may keep for those who do not listen."""
        layer = RedisPubSubChannelLayer(hosts=[installation.bus.url], prefix="paidan")
        group = shard_group("")
        for _ in range(120):
            message = {"type": "bell", "group": group, "padding": "x" * 100_000}
            await layer.group_send(group, message)
        await layer.flush()


class TestRedisFlushed:
    async def test_forgets_nobody(
        self, installation: Installation, shop: Shop, server: Redis
    ) -> None:
        async with watched(shop, installation.clients(shop)) as board:
            await board.say("before")
            server.flushall()
            await board.say("after")
            await board.verify()
