"""The load generator's publishing half: a process that puts events on a bus at a steady pace.

Usage: `python -m loadtests.fanout.publish PLAN`, where PLAN is the JSON of a `Plan`; the last
line is the number of seconds it took.
Its CPU is nobody's: only the server that turns the bus into frames is measured.
"""

import asyncio
import http.client
import json
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import django
import msgpack
import redis
from channels_redis.core import RedisChannelLayer
from websockets.sync.client import connect

from loadtests.fanout.shapes import order_event


@dataclass(frozen=True)
class Plan:
    """Publish events `first`..`last` (exclusive) of every topic, in turn, through one dialect."""

    dialect: str
    address: str
    topics: Sequence[str]
    first: int
    last: int
    events_per_second: float


Send = Callable[[str, int], Coroutine[Any, Any, None]]

_THREADS = 4
"""Recording waits for the database's disk; each topic keeps to one thread, and to its order."""


def through_pubsub(address: str) -> Send:
    """Publish plain JSON on a Redis channel per topic, for the `ws` peer."""
    bus = redis.Redis.from_url(address)

    async def send(topic: str, number: int) -> None:
        bus.publish(topic, json.dumps(order_event(number, topic)))

    return send


def through_socketio(address: str) -> Send:
    """Publish what `@socket.io/redis-emitter` publishes: MessagePack of uid, packet, options."""
    bus = redis.Redis.from_url(address)

    async def send(topic: str, number: int) -> None:
        packet = {"type": 2, "data": ["order", order_event(number, topic)], "nsp": "/"}
        options = {"rooms": [topic], "except": [], "flags": {}}
        bus.publish(f"socket.io#/#{topic}#", msgpack.packb(["emitter", packet, options]))

    return send


def through_channels(address: str) -> Send:
    """Publish by `group_send`, for the textbook peer."""
    layer = RedisChannelLayer(hosts=[address])

    async def send(topic: str, number: int) -> None:
        await layer.group_send(
            topic, {"type": "order.event", "payload": order_event(number, topic)}
        )

    return send


def through_nchan(address: str) -> Send:
    """Publish over HTTP to an nginx that is not the measured one; Redis joins the two."""
    edge = http.client.HTTPConnection(address)

    async def send(topic: str, number: int) -> None:
        body = json.dumps(order_event(number, topic))
        edge.request("POST", f"/pub?topic={topic}", body)
        edge.getresponse().read()

    return send


def through_engineio(address: str) -> Send:
    """Publish over a socket of the Socket.IO server itself, which needs no bus then."""
    url = f"{address.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    socket = connect(url, compression=None, ping_interval=None).__enter__()
    socket.recv()
    socket.send("40")
    socket.recv()

    async def send(topic: str, number: int) -> None:
        socket.send("42" + json.dumps(["publish", topic, order_event(number, topic)]))
        with suppress(TimeoutError):
            if socket.recv(timeout=0) == "2":
                socket.send("3")

    return send


class Recorder:
    """Records events as the product does; the environment says where."""

    def __init__(self, _address: str) -> None:
        django.setup()
        from loadtests.fanout import record  # noqa: PLC0415 - needs Django's apps

        self._record = record.record
        self._threads = [ThreadPoolExecutor(1) for _ in range(_THREADS)]
        self._doing: list[Future[None]] = []

    async def __call__(self, topic: str, number: int) -> None:
        thread = self._threads[crc32(topic.encode()) % _THREADS]
        self._doing.append(thread.submit(self._record, topic, number, time.monotonic_ns()))

    async def settle(self) -> None:
        """Wait until everything is committed, so that the pace is that of commits."""
        for each in self._doing:
            await asyncio.wrap_future(each)


DIALECTS: dict[str, Callable[[str], Send]] = {
    "pubsub": through_pubsub,
    "socketio": through_socketio,
    "channels": through_channels,
    "nchan": through_nchan,
    "engineio": through_engineio,
    "paidan": Recorder,
}


async def publish(plan: Plan) -> float:
    """Publish a plan and return the seconds it took."""
    send = DIALECTS[plan.dialect](plan.address)
    began = due = time.monotonic()
    for number in range(plan.first, plan.last):
        for topic in plan.topics:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await send(topic, number)
            due += 1 / plan.events_per_second
    if isinstance(send, Recorder):
        await send.settle()
    return time.monotonic() - began


if __name__ == "__main__":
    print(asyncio.run(publish(Plan(**json.loads(sys.argv[1])))))
