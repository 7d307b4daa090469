"""A server of the protocol that does what a test tells it, one script a connection."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from realtime.client import Client
from realtime.client_terms import Patience


QUICK = Patience(least=0.01, most=0.02)
TOPIC = "merchant:0190"


class Talk:
    """The server's end of one connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket

    async def say(self, kind: str, **members: Any) -> None:
        await self.socket.send(json.dumps({"t": kind, **members}))

    async def welcome(self, *, lease_s: int = 900, ping_s: int = 20) -> None:
        """Take the ticket and let the client in."""
        await self.hear("auth")
        await self.say(
            "welcome", conn="c", user="u", lease_s=lease_s, ping_s=ping_s, server_time=""
        )

    async def hear(self, kind: str) -> dict[str, Any]:
        """Skip to the next frame of that kind."""
        while True:
            frame: dict[str, Any] = json.loads(await self.socket.recv())
            if frame["t"] == kind:
                return frame

    async def serve_topic(self, *, seq: int = 0, rows: Sequence[dict[str, Any]] = ()) -> None:
        """Answer `sub` with a snapshot."""
        asked = await self.hear("sub")
        answer = {"topic": TOPIC, "epoch": "k3", "seq": seq}
        await self.say("subd", id=asked["id"], recovered=False, count=0, **answer)
        await self.say("snap", part=1, last=True, rows=list(rows), **answer)

    async def replay(self, *seqs: int) -> dict[str, Any]:
        """Answer `sub` with these events; return the question."""
        asked = await self.hear("sub")
        answer = {"topic": TOPIC, "epoch": "k3", "seq": seqs[-1]}
        await self.say("subd", id=asked["id"], recovered=True, count=len(seqs), **answer)
        for seq in seqs:
            await self.event(seq)
        return asked

    async def event(self, seq: int, *, crit: str | None = None) -> None:
        about = {"key": "order:1", "ver": seq, "type": "order.placed", "at": "", "actor": {}}
        shout = {"crit": crit} if crit else {}
        await self.say("ev", topic=TOPIC, p=seq - 1, seq=seq, d={"open": True}, **about, **shout)

    async def stay(self) -> None:
        """Keep the connection until the client leaves."""
        await self.socket.wait_closed()


Script = Callable[[Talk], Awaitable[None]]


class Stage:
    """A running server, and what its tests want to know."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection_count = 0
        self.tickets_given = 0

    async def ticket(self) -> str:
        self.tickets_given += 1
        return "ticket"

    def client(self, patience: Patience = QUICK, **options: Any) -> Client:
        return Client(self.url, self.ticket, patience=patience, **options)


@asynccontextmanager
async def stage(
    *scripts: Script, refuse: Callable[[int], Response | None] | None = None
) -> AsyncIterator[Stage]:
    """Play one script a connection; the last one for all that come after."""
    shown: Stage

    async def play(socket: ServerConnection) -> None:
        script = scripts[min(shown.connection_count, len(scripts) - 1)]
        shown.connection_count += 1
        try:
            await script(Talk(socket))
        except ConnectionClosed:
            return

    async def judge(_socket: ServerConnection, _request: Request) -> Response | None:
        return refuse(shown.connection_count) if refuse is not None else None

    async with serve(play, "127.0.0.1", 0, process_request=judge) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        shown = Stage(f"ws://127.0.0.1:{port}")
        yield shown


async def eventually(condition: Callable[[], bool]) -> None:
    """Let the loop run until it is true."""
    async with asyncio.timeout(90):
        while not condition():  # noqa: ASYNC110  nothing signals what tests look at
            await asyncio.sleep(0.005)
