"""A bare socket for tests that must send what no client would."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.realtime.conftest import Shop


SECONDS = 120
"""How long a test waits for what must come."""


class RawSocket:
    """Sends anything, and reads frame by frame."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, frame: dict[str, Any] | str | bytes) -> None:
        await self.socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    async def next(self) -> dict[str, Any]:
        """Read the next frame, whatever it is."""
        async with asyncio.timeout(SECONDS):
            frame: dict[str, Any] = json.loads(await self.socket.recv())
            return frame

    async def read(self, kind: str) -> dict[str, Any]:
        """Skip to the next frame of that kind."""
        async with asyncio.timeout(SECONDS):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                if frame["t"] == kind:
                    return frame

    async def close_code(self, *, pong: bool = True) -> int | None:
        """Read to the end, answering pings; return why it ended."""
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    text = await self.socket.recv()
                    if pong and json.loads(text)["t"] == "ping":
                        await self.send({"t": "pong"})
        except ConnectionClosed:
            return self.socket.close_code


@asynccontextmanager
async def raw(shop: Shop, *, path: str = "/ws/v1", **options: Any) -> AsyncIterator[RawSocket]:
    """Open a socket and say nothing."""
    async with connect(
        shop.node.url.replace("/ws/v1", path),
        compression=None,
        ping_interval=None,
        proxy=None,
        **options,
    ) as socket:
        yield RawSocket(socket)


@asynccontextmanager
async def welcomed(shop: Shop, **options: Any) -> AsyncIterator[RawSocket]:
    """Open a socket that has been let in."""
    async with raw(shop, **options) as socket:
        await socket.send({"t": "auth", "ticket": await shop.ticket()})
        await socket.read("welcome")
        yield socket
