"""The load generator: clients whose connection is cut every ~15 s for 2 s, in their own process.

It reads one JSON line (a `Crowd`), says `ready` once every client is subscribed, and cuts until
it reads another line; then it lets them catch up and prints its report as JSON.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from loadtests.jitter.tallies import Tally, percentile
from realtime.client import Client
from realtime.client_terms import Patience, http_ticket
from realtime.client_views import TopicView
from realtime.protocol import EventBody


CUT_EVERY_SECONDS = 15.0
AWAY_SECONDS = 2.0
SETTLED_SECONDS = 3.0
"""Socket.IO recovers nobody who has not received an event yet."""
QUIET_SECONDS = 4.0
"""Nothing new for so long means that nothing more will come."""


@dataclass(frozen=True)
class Crowd:
    """Who listens: one client for each subscription (topic, token)."""

    kind: str
    url: str
    subscriptions: Sequence[tuple[str, str]]
    events: int
    seed: int = 1


class Device(Protocol):
    """A client that can lose its connection, and comes back by itself."""

    tally: Tally

    async def start(self) -> None:
        """Subscribe."""

    async def cut(self) -> None:
        """Lose the connection; come back after `AWAY_SECONDS`."""

    async def stop(self) -> None:
        """Leave."""


class Ours:
    """The product's own client."""

    def __init__(self, crowd: Crowd, topic: str, token: str) -> None:
        self.tally = Tally(crowd.events)
        self._topic = topic
        self._fetch = http_ticket(crowd.url, token)
        away = Patience(least=AWAY_SECONDS, most=AWAY_SECONDS)
        url = f"{crowd.url.replace('http', 'ws', 1)}/ws/v1"
        self._client = Client(url, self._ticket, patience=away)
        self._client.on_event = self._apply

    async def start(self) -> None:
        await self._client.__aenter__()
        await self._client.subscribe(self._topic)

    async def cut(self) -> None:
        self.tally.cut_count += 1
        await self._client.drop()

    async def stop(self) -> None:
        await self._client.close()

    async def _ticket(self) -> str:
        # The first thing that a client does to come back; fetching it is part of the way.
        self.tally.begin_to_return()
        return await self._fetch()

    def _apply(self, _view: TopicView, event: EventBody) -> None:
        self.tally.note(event.d["mark"])


class SocketIo:
    """A Socket.IO 4 client over a WebSocket, with what its own client keeps for recovery."""

    def __init__(self, crowd: Crowd, topic: str, _token: str) -> None:
        self.tally = Tally(crowd.events)
        self._url = f"{crowd.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        self._topic = topic
        self._session: dict[str, str] = {}
        self._joined = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._live())
        await asyncio.wait_for(self._joined.wait(), 30)

    async def cut(self) -> None:
        if self._socket is not None:
            self.tally.cut_count += 1
            self._socket.transport.abort()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _live(self) -> None:
        while True:
            self.tally.begin_to_return()
            try:
                async with connect(
                    self._url, compression=None, ping_interval=None, close_timeout=0.1, proxy=None
                ) as socket:
                    self._socket = socket
                    async for packet in socket:
                        await self._take(socket, str(packet))
            except (OSError, WebSocketException):
                pass
            self._socket = None
            await asyncio.sleep(AWAY_SECONDS)

    async def _take(self, socket: ClientConnection, packet: str) -> None:
        if packet.startswith("0"):
            await socket.send("40" + (json.dumps(self._session) if self._session else ""))
        elif packet == "2":
            await socket.send("3")
        elif packet.startswith("40"):
            await self._greet(socket, json.loads(packet[2:]))
        elif packet.startswith("42"):
            self._apply(json.loads(packet[2:]))

    async def _greet(self, socket: ClientConnection, greeting: dict[str, Any]) -> None:
        pid = greeting.get("pid")
        if pid is None or pid != self._session.get("pid"):
            await socket.send("42" + json.dumps(["join", self._topic]))
            self._session = {}
        if pid is not None:
            self._session["pid"] = pid

    def _apply(self, arguments: list[Any]) -> None:
        if arguments[0] == "joined":
            self._joined.set()
            return
        self.tally.note(arguments[1]["mark"])
        if len(arguments) > 2 and "pid" in self._session:
            self._session["offset"] = arguments[-1]


KINDS: dict[str, type[Ours | SocketIo]] = {"paidan": Ours, "socketio": SocketIo}


async def _suffer(device: Device, dice: random.Random) -> None:
    """Cut one device's connection again and again; the first cut comes once events flow."""
    await asyncio.sleep(dice.uniform(SETTLED_SECONDS, CUT_EVERY_SECONDS))
    while True:
        await device.cut()
        await asyncio.sleep(AWAY_SECONDS + dice.uniform(0.8, 1.2) * CUT_EVERY_SECONDS)


async def _until_quiet(devices: Sequence[Device]) -> None:
    """Wait until everything has arrived, or nothing new does."""
    so_far, news = -1, time.monotonic()
    expected = sum(device.tally.expected for device in devices)
    while so_far < expected and time.monotonic() - news < QUIET_SECONDS:
        await asyncio.sleep(0.1)
        arrived = sum(len(device.tally.arrivals) for device in devices)
        if arrived > so_far:
            so_far, news = arrived, time.monotonic()


def report(devices: Sequence[Device]) -> dict[str, Any]:
    """Sum up over all devices."""
    tallies = [device.tally for device in devices]
    replays = [seconds for tally in tallies for seconds in tally.replay_seconds()]
    expected = sum(tally.expected for tally in tallies)
    delivered = sum(len(tally.arrivals) for tally in tallies)
    return {
        "clients": len(tallies),
        "cuts": sum(tally.cut_count for tally in tallies),
        "expected": expected,
        "delivered": delivered,
        "lost": expected - delivered,
        "delivered_share": round(delivered / expected, 6),
        "duplicates": sum(tally.duplicates for tally in tallies),
        "out_of_order": sum(tally.out_of_order for tally in tallies),
        "replays": len(replays),
        "p50_replay_s": round(percentile(replays, 0.50), 4),
        "p99_replay_s": round(percentile(replays, 0.99), 4),
    }


async def main() -> None:
    loop = asyncio.get_running_loop()
    crowd = Crowd(**json.loads(await loop.run_in_executor(None, sys.stdin.readline)))
    devices: list[Device] = [KINDS[crowd.kind](crowd, *each) for each in crowd.subscriptions]
    for device in devices:
        await device.start()
    print("ready", flush=True)
    dice = random.Random(crowd.seed)
    cutting = [asyncio.create_task(_suffer(device, dice)) for device in devices]
    await loop.run_in_executor(None, sys.stdin.readline)
    for task in cutting:
        task.cancel()
    await _until_quiet(devices)
    print(json.dumps(report(devices)), flush=True)
    await asyncio.gather(*(device.stop() for device in devices))


if __name__ == "__main__":
    uvloop.run(main())
