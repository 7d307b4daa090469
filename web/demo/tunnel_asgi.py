"""The ASGI side of a cut: refuses what a pane asks, and ends what it has open."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final

from web.demo.tunnel import (
    GONE_AWAY,
    UNAVAILABLE,
    Application,
    Message,
    Receive,
    Scope,
    Send,
    pane_of,
    tunnel,
)


EVENTS: Final = b"text/event-stream"


def through_tunnel(application: Application) -> Application:
    """Return the application as panes of a wall reach it."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        pane = pane_of(scope) if scope["type"] in {"http", "websocket"} else ""
        if not pane:
            await application(scope, receive, send)
        elif tunnel.is_cut(pane):
            await _refuse(scope, send)
        elif scope["type"] == "http":
            await _Answer(pane, receive, send).run(application, scope)
        else:
            await _Socket(pane, receive, send).run(application, scope)

    return guarded


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": GONE_AWAY})
        return
    await send({"type": "http.response.start", "status": UNAVAILABLE, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class _Connection(ABC):
    """One connection of a pane; when it is cut, both sides learn that the other is gone."""

    def __init__(self, pane: str, receive: Receive, send: Send) -> None:
        self._pane = pane
        self._receive, self._send = receive, send
        self._loop = asyncio.get_running_loop()
        self._cut = asyncio.Event()
        self._forget: Callable[[], None] | None = None

    async def run(self, application: Application, scope: Scope) -> None:
        """Serve it until it ends."""
        try:
            await application(scope, self._hear, self._say)
        finally:
            if self._forget is not None:
                self._forget()

    def _expect_a_cut(self) -> None:
        self._forget = tunnel.connected(
            self._pane, lambda: self._loop.call_soon_threadsafe(self._cut.set)
        )

    async def _hear(self) -> Message:
        if self._cut.is_set():
            return await self._end()
        hearing = asyncio.ensure_future(self._receive())
        cutting = asyncio.create_task(self._cut.wait())
        try:
            await asyncio.wait({hearing, cutting}, return_when=asyncio.FIRST_COMPLETED)
            if hearing.done():
                return hearing.result()
        finally:  # who listens no more leaves nobody behind who does
            cutting.cancel()
            hearing.cancel()
        return await self._end()

    @abstractmethod
    async def _end(self) -> Message:
        """Hang up on the pane; return what tells the application."""

    @abstractmethod
    async def _say(self, message: Message) -> None:
        """Pass on what the application says, while anybody hears it."""


class _Socket(_Connection):
    async def run(self, application: Application, scope: Scope) -> None:
        self._expect_a_cut()
        await super().run(application, scope)

    async def _end(self) -> Message:
        await self._send({"type": "websocket.close", "code": GONE_AWAY})
        return {"type": "websocket.disconnect", "code": GONE_AWAY}

    async def _say(self, message: Message) -> None:
        if self._cut.is_set():
            return
        text: Any = message.get("text")
        if text:
            tunnel.sent(self._pane, text)
        await self._send(message)


class _Answer(_Connection):
    """An answer; where sockets failed, it may be a stream of events, and that one can be cut."""

    async def _end(self) -> Message:
        await self._send({"type": "http.response.body", "body": b""})
        return {"type": "http.disconnect"}

    async def _say(self, message: Message) -> None:
        if self._cut.is_set():
            return
        if _begins_stream(message):
            self._expect_a_cut()
        for line in bytes(message.get("body", b"")).split(b"\n"):
            if line.startswith(b"data:"):
                tunnel.sent(self._pane, line[5:].decode())
        await self._send(message)


def _begins_stream(message: Message) -> bool:
    return message["type"] == "http.response.start" and any(
        name.lower() == b"content-type" and value.startswith(EVENTS)
        for name, value in message["headers"]
    )
