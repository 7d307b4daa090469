"""The ASGI side of a cut: refuses what a pane asks, and ends the sockets it has."""

import asyncio
from typing import Any

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


def through_tunnel(application: Application) -> Application:
    """Return the application as panes of a wall reach it."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        pane = pane_of(scope) if scope["type"] in {"http", "websocket"} else ""
        if not pane:
            await application(scope, receive, send)
        elif tunnel.is_cut(pane):
            await _refuse(scope, send)
        elif scope["type"] == "http":
            await application(scope, receive, _overheard(pane, send))
        else:
            await _Socket(pane, receive, send).run(application, scope)

    return guarded


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": GONE_AWAY})
        return
    await send({"type": "http.response.start", "status": UNAVAILABLE, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _overheard(pane: str, send: Send) -> Send:
    """Take note of the events of a stream: where sockets failed, a pane may come back over one."""

    async def say(message: Message) -> None:
        for line in bytes(message.get("body", b"")).split(b"\n"):
            if line.startswith(b"data:"):
                tunnel.sent(pane, line[5:].decode())
        await send(message)

    return say


class _Socket:
    """One pane's socket; when it is cut, both sides learn that the other is gone."""

    def __init__(self, pane: str, receive: Receive, send: Send) -> None:
        self._pane = pane
        self._receive, self._send = receive, send
        self._loop = asyncio.get_running_loop()
        self._cut = asyncio.Event()

    async def run(self, application: Application, scope: Scope) -> None:
        """Serve it until it ends."""
        forget = tunnel.connected(
            self._pane, lambda: self._loop.call_soon_threadsafe(self._cut.set)
        )
        try:
            await application(scope, self._hear, self._say)
        finally:
            forget()

    async def _hear(self) -> Message:
        if self._cut.is_set():
            return await self._end()
        hearing = asyncio.ensure_future(self._receive())
        cutting = asyncio.create_task(self._cut.wait())
        await asyncio.wait({hearing, cutting}, return_when=asyncio.FIRST_COMPLETED)
        cutting.cancel()
        if hearing.done():
            return hearing.result()
        hearing.cancel()
        return await self._end()

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
