"""The WebSocket that real browsers keep open to the simulated push service.

Firefox speaks this protocol: hello, register, unregister, notification, ack, and `{}` for a ping.
Point its `dom.push.serverURL` at `ws://<sandbox>/push/socket`.
"""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import WSMsgType, web

from notifications.sandbox.browsers import Browser, BrowserStore
from notifications.sandbox.devices import StoreFullError
from notifications.sandbox.push import BROWSER_PATH, is_point


SOCKET_PATH: Final = "/push/socket"
FRAME_LIMIT_BYTES: Final = 64 * 1024

Frame = Mapping[str, Any]
Answer = Callable[[Browser, Frame], Awaitable[None]]


class Autopush:
    """Answers browsers on their sockets, and passes messages on to them."""

    def __init__(self, store: BrowserStore) -> None:
        self._store = store
        self._answers: dict[str, Answer] = {
            "register": self._register,
            "unregister": self._unregister,
            "ack": self._acknowledge,
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the route of the sockets."""
        return [web.get(SOCKET_PATH, self._converse)]

    async def _converse(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            max_msg_size=FRAME_LIMIT_BYTES, protocols=["push-notification"]
        )
        await socket.prepare(request)
        browser: Browser | None = None
        origin = str(request.url.origin())
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            frame = _read(message.data)
            if frame is None:
                break
            if not frame:
                await socket.send_json({})  # a ping
            elif frame.get("messageType") == "hello":
                browser = await self._greet(socket, frame)
            elif browser is not None and (answer := self._answers.get(frame["messageType"])):
                await answer(browser, {**frame, "origin": origin})
        if browser is not None and browser.socket is socket:
            browser.socket = None
        return socket

    async def _greet(self, socket: web.WebSocketResponse, frame: Frame) -> Browser | None:
        try:
            browser = self._store.known(frame.get("uaid"))
        except StoreFullError:
            await socket.send_json({"messageType": "hello", "status": 503})
            return None
        browser.socket = socket
        hello = {"messageType": "hello", "uaid": browser.uaid, "status": 200}
        await browser.send({**hello, "use_webpush": True, "broadcasts": {}})
        await browser.catch_up(now=time.time())
        return browser

    async def _register(self, browser: Browser, frame: Frame) -> None:
        channel_id, key = str(frame.get("channelID")), str(frame.get("key", ""))
        told: dict[str, object] = {"messageType": "register", "channelID": channel_id}
        if not is_point(key):
            await browser.send({**told, "status": 400})
            return
        try:
            channel = self._store.register(browser, channel_id, key)
        except StoreFullError:
            await browser.send({**told, "status": 503})
            return
        endpoint = f"{frame['origin']}{BROWSER_PATH}{channel.name}"
        await browser.send({**told, "status": 200, "pushEndpoint": endpoint})

    async def _unregister(self, browser: Browser, frame: Frame) -> None:
        channel_id = str(frame.get("channelID"))
        self._store.unregister(browser, channel_id)
        await browser.send({"messageType": "unregister", "channelID": channel_id, "status": 200})

    async def _acknowledge(self, browser: Browser, frame: Frame) -> None:
        for update in frame.get("updates", []):
            browser.waiting.pop(str(update.get("version")), None)


def _read(text: str) -> dict[str, Any] | None:
    """Return the frame; None when it is none."""
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    is_frame = isinstance(frame, dict) and (not frame or isinstance(frame.get("messageType"), str))
    return frame if is_frame else None
