"""A real HTTP endpoint that keeps every callback it is sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    """One callback as it came over the wire."""

    headers: dict[str, str]
    body: bytes
    content: Any


@dataclass(slots=True)
class Receiver:
    """Answers callbacks with the scripted statuses, then with 204; redirects lead back here."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    async def accept(self, request: web.Request) -> web.Response:
        body = await request.read()
        is_json = request.content_type == "application/json"
        content = await request.json() if is_json else None
        self.received.append(Received(dict(request.headers), body, content))
        status = self.statuses.pop(0) if self.statuses else 204
        return web.Response(status=status, headers={"Location": self.url})


@asynccontextmanager
async def running_receiver() -> AsyncIterator[Receiver]:
    """Listen on a free loopback port for the length of the block."""
    receiver = Receiver()
    application = web.Application()
    application.router.add_post("/callback", receiver.accept)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/callback"
    yield receiver
    await runner.cleanup()
