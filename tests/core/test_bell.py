"""The bell: what it merges, and how it is heard over Redis."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer
from hiredis import ReplyError
from redis.asyncio import Redis as Client
from redis.exceptions import RedisError

from core import bell as bells
from core import settings
from core.bell import Bell
from core.redis_bus import RedisEar, RedisMouth
from tests.services import redis
from tests.services.redis import Redis


SECONDS = 90


class Layer:
    """A channel layer that remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def group_send(self, _group: str, message: dict[str, Any]) -> None:
        self.sent.append(message)


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    made = Layer()
    monkeypatch.setattr(bells, "get_channel_layer", lambda: made)
    return made


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_so():  # noqa: ASYNC110  what is looked at has no event
            await asyncio.sleep(0.001)


async def quiet(bell: Bell) -> None:
    await until(lambda: not bell.is_ringing)


class TestRing:
    async def test_goes_out_at_once_when_it_has_been_quiet(self, layer: Layer) -> None:
        bell = Bell()
        bell.attach(asyncio.get_running_loop())
        bell.ring("shard-0", {"ev": [1]})
        for _ in range(3):
            await asyncio.sleep(0)
        assert [message["ev"] for message in layer.sent] == [[1]]

    async def test_makes_one_message_of_what_comes_within_a_tick(self, layer: Layer) -> None:
        bell = Bell()
        bell.attach(asyncio.get_running_loop())
        bell.ring("shard-0", {"ev": [0]})
        await quiet(bell)
        for number in range(1, 9):
            bell.ring("shard-0", {"ev": [number]})
            await asyncio.sleep(0)
        await quiet(bell)
        told = [message["ev"] for message in layer.sent]
        assert [number for each in told for number in each] == list(range(9))
        assert len(told) < 9

    async def test_waits_longer_once_one_has_waited(
        self, layer: Layer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits: list[float] = []
        sleep = asyncio.sleep

        async def watched(seconds: float) -> None:
            waits.append(seconds)
            await sleep(seconds)

        bell = Bell()
        bell.attach(asyncio.get_running_loop())
        monkeypatch.setattr(bells, "TICK_SECONDS", 10.0)
        monkeypatch.setattr(bells, "BUSY_TICK_SECONDS", 20.0)
        monkeypatch.setattr("core.bell.asyncio.sleep", watched)
        monkeypatch.setattr(bell, "_next_at", asyncio.get_running_loop().time() - 1.0)
        bell.ring("shard-0", {"ev": [0]})
        for _ in range(5):
            await sleep(0)
        assert waits == [0.0]
        monkeypatch.setattr(bell, "_next_at", asyncio.get_running_loop().time() + 0.01)
        bell.ring("shard-0", {"ev": [1]})
        while len(layer.sent) < 2:
            await sleep(0.001)
        bell.ring("shard-0", {"ev": [2]})
        for _ in range(5):
            await sleep(0)
        assert waits[1] <= 0.01
        assert 10.0 < waits[2] <= 20.0

    async def test_leaves_what_was_rung_as_it_was(self, layer: Layer) -> None:
        bell = Bell()
        bell.attach(asyncio.get_running_loop())
        mine = [1]
        bell.ring("shard-0", {"ev": mine})
        bell.ring("shard-0", {"ev": [2]})
        await quiet(bell)
        assert mine == [1]


class TestWaker:
    async def test_is_set_once_the_bus_listens(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was rung before was not heard; who looked before that must look again."""
        layer = InMemoryChannelLayer()
        monkeypatch.setattr(bells, "get_channel_layer", lambda: layer)
        bell = Bell()
        bell.attach(asyncio.get_running_loop())
        first = bell.waker("one")
        await until(first.is_set)
        assert "one" in layer.groups
        first.clear()
        second = bell.waker("two")
        await until(second.is_set)
        assert "two" in layer.groups
        for task in tuple(bell._tasks):
            task.cancel()


class TestEmbeddedLayer:
    async def test_forgets_no_member(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "env", settings.env.model_copy(update={"redis_url": ""}))
        layer = InMemoryChannelLayer(**settings._channel_layer()["CONFIG"])
        await layer.group_add("one", "specific.inmemory!me")
        await layer.group_send("one", {"n": 1})
        week_later = time.time() + 7 * 24 * 3600
        monkeypatch.setattr("channels.layers.time.time", lambda: week_later)
        await layer.group_send("one", {"n": 2})
        heard = [await layer.receive("specific.inmemory!me") for _ in range(2)]
        assert heard == [{"n": 1}, {"n": 2}]


@pytest.fixture(scope="module")
def bus() -> Iterator[Redis]:
    with redis() as running:
        yield running


@pytest.fixture
async def redis_layer(bus: Redis) -> AsyncIterator[RedisPubSubChannelLayer]:
    made = RedisPubSubChannelLayer(hosts=[bus.url], prefix="paidan")
    yield made
    await made.flush()


class TestRedisEar:
    async def test_hears_what_the_channel_layer_sends_to_its_groups(
        self, bus: Redis, redis_layer: RedisPubSubChannelLayer
    ) -> None:
        heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        ear = RedisEar(redis_layer, bus.url, heard.put_nowait)
        listening = asyncio.create_task(ear.listen(["one"]))
        async with asyncio.timeout(SECONDS):
            while heard.empty():
                await redis_layer.group_send("other", {"n": 0})
                await redis_layer.group_send("one", {"n": 1, "text": "饭"})
                await asyncio.sleep(0.01)
            assert await heard.get() == {"n": 1, "text": "饭"}
            ear.join("two")
            while (await _ask(redis_layer, heard))["n"] != 2:
                pass
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening

    async def test_tells_of_each_group_that_it_hears_from_now_on(
        self, bus: Redis, redis_layer: RedisPubSubChannelLayer
    ) -> None:
        told: list[None] = []
        ear = RedisEar(redis_layer, bus.url, lambda _message: None, lambda: told.append(None))
        listening = asyncio.create_task(ear.listen(["one", "two"]))
        await until(lambda: len(told) == 2)
        ear.join("three")
        await until(lambda: len(told) == 3)
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening

    async def test_says_that_its_connection_is_lost(
        self, bus: Redis, redis_layer: RedisPubSubChannelLayer
    ) -> None:
        ear = RedisEar(redis_layer, bus.url, lambda _message: None)
        listening = asyncio.create_task(ear.listen(["one"]))
        await until(lambda: ear._transport is not None)
        async with asyncio.timeout(SECONDS):
            assert ear._transport
            ear._transport.abort()
            with pytest.raises(ConnectionResetError):
                await listening

    async def test_leaves_a_redis_that_gives_no_sign_of_life(
        self,
        bus: Redis,
        redis_layer: RedisPubSubChannelLayer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("core.redis_bus.PING_SECONDS", 0.05)
        ear = RedisEar(redis_layer, bus.url, lambda _message: None)
        listening = asyncio.create_task(ear.listen(["one"]))
        await until(lambda: ear._transport is not None)
        async with asyncio.timeout(SECONDS):
            assert ear._transport
            ear._transport.pause_reading()
            with pytest.raises(ConnectionResetError):
                await listening


class TestRedisMouth:
    async def test_says_what_the_channel_layer_hears(
        self, bus: Redis, redis_layer: RedisPubSubChannelLayer
    ) -> None:
        channel = await redis_layer.new_channel()
        for group in ("one", "two"):
            await redis_layer.group_add(group, channel)
        mouth = RedisMouth(redis_layer, bus.url)
        async with asyncio.timeout(SECONDS):
            for _ in range(3):
                await mouth.say({"one": {"n": 1, "text": "饭"}, "other": {}, "two": {"n": 2}})
                assert await redis_layer.receive(channel) == {"n": 1, "text": "饭"}
                assert await redis_layer.receive(channel) == {"n": 2}
        await mouth.hang_up()

    async def test_tells_that_redis_has_refused(
        self, bus: Redis, redis_layer: RedisPubSubChannelLayer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.redis_bus.ASK_SECONDS", 0.0)
        mouth = RedisMouth(redis_layer, bus.url)
        await mouth.say({"one": {}})
        await _tell(bus, "ACL", "SETUSER", "default", "-publish")
        try:
            with pytest.raises(ReplyError, match="NOPERM"):
                await mouth.say({"one": {}, "two": {}})
        finally:
            await _tell(bus, "ACL", "SETUSER", "default", "+publish")

    async def test_gives_up_a_redis_that_is_slow_or_gone(
        self, redis_layer: RedisPubSubChannelLayer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.redis_bus.SAY_SECONDS", 0.5)
        with redis() as other:
            mouth = RedisMouth(redis_layer, other.url)
            await mouth.say({"one": {}})
            other.signal(signal.SIGSTOP)
            try:
                with pytest.raises(TimeoutError):
                    await _talk(mouth)
            finally:
                other.signal(signal.SIGCONT)
            assert mouth._transport is None
        with pytest.raises((OSError, RedisError)):
            await RedisMouth(redis_layer, other.url).say({"one": {}})

    async def test_connects_again_after_a_rest_in_which_redis_has_left(
        self, bus: Redis, redis_layer: RedisPubSubChannelLayer
    ) -> None:
        mouth = RedisMouth(redis_layer, bus.url)
        await mouth.say({"one": {}})
        await _tell(bus, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await until(lambda: mouth._transport is None)
        await mouth.say({"one": {}})
        await mouth.hang_up()


async def _tell(bus: Redis, *command: str) -> None:
    async with Client.from_url(bus.url) as client:
        await client.execute_command(*command)  # type: ignore[no-untyped-call]


async def _talk(mouth: RedisMouth) -> None:
    while True:
        await mouth.say({"one": {}})
        await asyncio.sleep(0.01)


async def _ask(layer: RedisPubSubChannelLayer, heard: asyncio.Queue[Any]) -> dict[str, Any]:
    await layer.group_send("two", {"n": 2})
    found: dict[str, Any] = await heard.get()
    return found
