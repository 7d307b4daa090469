"""Real browsers at the simulated push service: what each subscribed to, and what waits for it.

A browser keeps one WebSocket open to its push service and speaks the protocol of Mozilla's: it
says hello, registers and unregisters channels, and acknowledges each notification. Messages are
passed on as they came: the browser alone can read them.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from aiohttp import web

from notifications.sandbox.devices import WAITING_LIMIT, StoreFullError, encode


BROWSER_LIMIT: Final = 1_000
CHANNEL_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Passed:
    """An encrypted message on its way to a browser, which acknowledges its version."""

    version: str
    channel_id: str
    body: bytes
    expires_at: float
    topic: str | None = None

    def frame(self) -> dict[str, object]:
        """Return it as the browser reads it."""
        return {
            "messageType": "notification",
            "channelID": self.channel_id,
            "version": self.version,
            "data": encode(self.body),
            "headers": {"encoding": "aes128gcm"},
        }


@dataclass(slots=True, kw_only=True)
class Channel:
    """One subscription: the address that was given out, and the key of who may push to it."""

    channel_id: str
    name: str
    vapid_public_key: str
    browser: "Browser"


@dataclass(slots=True, kw_only=True)
class Browser:
    """One browser, as long as the service knows it; `socket` while it is on line."""

    uaid: str
    channels: dict[str, Channel] = field(default_factory=dict)
    waiting: OrderedDict[str, Passed] = field(default_factory=OrderedDict)
    socket: web.WebSocketResponse | None = None

    @property
    def is_online(self) -> bool:
        """Whether its socket is open."""
        return self.socket is not None and not self.socket.closed

    async def take(self, passed: Passed) -> None:
        """Keep the message until it is acknowledged, and send it when the browser is on line."""
        if passed.topic is not None:
            for version, each in list(self.waiting.items()):
                if (each.channel_id, each.topic) == (passed.channel_id, passed.topic):
                    del self.waiting[version]
        self.waiting[passed.version] = passed
        while len(self.waiting) > WAITING_LIMIT:
            self.waiting.popitem(last=False)
        await self.send(passed.frame())

    async def send(self, frame: dict[str, object]) -> None:
        """Send `frame`, unless the browser is off line."""
        if self.socket is not None and self.is_online:
            await self.socket.send_json(frame)

    async def catch_up(self, *, now: float) -> None:
        """Send what was not acknowledged and has not expired."""
        for version, passed in list(self.waiting.items()):
            if passed.expires_at < now:
                del self.waiting[version]
            else:
                await self.send(passed.frame())


class BrowserStore:
    """All browsers and their channels; a restart forgets them, and they subscribe anew."""

    def __init__(self) -> None:
        self._browsers: dict[str, Browser] = {}
        self._channels: dict[str, Channel] = {}

    def known(self, uaid: object) -> Browser:
        """Return the browser of that name; a new one when it has none that is known here.

        :raises StoreFullError: there are too many already.
        """
        found = self._browsers.get(uaid) if isinstance(uaid, str) else None
        if found is None:
            if len(self._browsers) >= BROWSER_LIMIT:
                raise StoreFullError
            found = Browser(uaid=uuid4().hex)
            self._browsers[found.uaid] = found
        return found

    def channel(self, name: str) -> Channel | None:
        """Return the subscription that has the address `name`."""
        return self._channels.get(name)

    def register(self, browser: Browser, channel_id: str, key: str) -> Channel:
        """Give the browser an address for one channel; the same again, if it asks again.

        :raises StoreFullError: it has too many already.
        """
        found = browser.channels.get(channel_id)
        if found is not None and found.vapid_public_key == key:
            return found
        if found is None and len(browser.channels) >= CHANNEL_LIMIT:
            raise StoreFullError
        self.unregister(browser, channel_id)
        made = Channel(
            channel_id=channel_id,
            name=secrets.token_urlsafe(24),
            vapid_public_key=key,
            browser=browser,
        )
        browser.channels[channel_id] = self._channels[made.name] = made
        return made

    def unregister(self, browser: Browser, channel_id: str) -> None:
        """End one channel; its address is unknown from now on, and nothing waits for it."""
        ended = browser.channels.pop(channel_id, None)
        if ended is None:
            return
        del self._channels[ended.name]
        for version, passed in list(browser.waiting.items()):
            if passed.channel_id == channel_id:
                del browser.waiting[version]
