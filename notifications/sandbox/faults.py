"""Faults that an operator or a test may order for the next requests of a channel."""

import asyncio
import socket
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from aiohttp import web
from pydantic import Field

from notifications.sandbox.bodies import Body, answer, read_body
from notifications.sandbox.ledger import Ledger


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Words = Callable[[int, Mapping[str, str]], web.Response]
"""How a vendor words a refusal: by its status and headers."""

# The fault that shaped a request, for its ledger entry.
FAULT = web.RequestKey("fault", str)
# Longer than any sane client timeout, short enough that a forgotten client is let go.
HANG_SECONDS = 120.0


class Channel(StrEnum):
    """The simulated providers that faults can be ordered for."""

    PUSH = "push"
    SMS = "sms"
    VOICE = "voice"
    PAYMENTS = "payments"
    WEBHOOKS = "webhooks"
    FCM = "fcm"
    APNS = "apns"
    WECHAT = "wechat"


class FaultMode(StrEnum):
    """What happens to a request instead of, or around, its proper answer."""

    INTERNAL_ERROR = "500"  # refused before anything is stored
    TOO_MANY = "429"  # refused, with Retry-After when given
    UNAVAILABLE = "503"  # refused, with Retry-After when given
    CREATED = "201"  # said to be taken, with nothing stored and no name for it
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    GONE = "410"
    TOO_LARGE = "413"
    HANG = "hang"  # never answered, nothing stored
    RESET = "reset"  # connection reset, nothing stored
    SLOW = "slow"  # answered properly, after a delay
    ACCEPT_THEN_RESET = "accept_then_reset"  # stored, but the caller never hears so


LEGEND: Final[Mapping[FaultMode, str]] = MappingProxyType(
    {
        FaultMode.INTERNAL_ERROR: "Broken, nothing stored. A push or a webhook goes again later; "
        "a text or call may have gone: it is asked after, and never repeated by itself.",
        FaultMode.TOO_MANY: "Too many. Nothing goes there before the moment it names.",
        FaultMode.UNAVAILABLE: "Away for a while. As 429.",
        FaultMode.CREATED: "Said to be taken, though it was not. A push counts as sent; a text "
        "without a name is uncertain.",
        FaultMode.FORBIDDEN: "Our credentials are wrong: it is given up there, and alarmed.",
        FaultMode.NOT_FOUND: "Unknown address. A device is forgotten and the ladder steps on.",
        FaultMode.GONE: "Address ended. As 404; a webhook is switched off.",
        FaultMode.TOO_LARGE: "Too large. A push is sent once more with its id alone.",
        FaultMode.HANG: "Never answered, nothing stored. Given up after ten seconds.",
        FaultMode.RESET: "Connection reset, nothing stored. As 500; no device is forgotten.",
        FaultMode.SLOW: "Answered properly, after a delay.",
        FaultMode.ACCEPT_THEN_RESET: "Stored, then reset: it arrived and we do not know. A push "
        "is repeated in its place on the screen; a text waits for its receipt.",
    }
)
"""What each does, and what the product does then."""


class Fault(Body):
    """An order for faults, as posted to ``/faults``."""

    channel: Channel
    mode: FaultMode
    count: int = Field(default=1, ge=1, le=1_000_000)
    retry_after: str | None = None  # seconds or an HTTP date, sent as it is
    retry_at_seconds: float | None = Field(default=None, ge=0, le=86_400)
    """Instead: an HTTP date so far from the moment of the answer."""
    delay_seconds: float = Field(default=1.0, ge=0, le=600)


class FaultBoard:
    """Ordered faults, consumed one request at a time, first ordered first."""

    def __init__(self, *, ledgers: dict[Channel, Ledger]) -> None:
        """Record refused requests in the ledger of their channel."""
        self._ledgers = ledgers
        self._ordered: dict[Channel, deque[tuple[Fault, int]]] = {}
        self.clear()

    def clear(self) -> None:
        """Forget every fault not yet applied."""
        self._ordered = {channel: deque(maxlen=1000) for channel in Channel}

    def order(self, fault: Fault) -> None:
        """Apply ``fault`` to the next ``fault.count`` requests of its channel."""
        self._ordered[fault.channel].append((fault, fault.count))

    def take(self, channel: Channel) -> Fault | None:
        """Return the fault for this request, if one was ordered."""
        ordered = self._ordered[channel]
        if not ordered:
            return None
        fault, remaining = ordered.popleft()
        if remaining > 1:
            ordered.appendleft((fault, remaining - 1))
        return fault

    def guard(self, channel: Channel, handler: Handler, *, words: Words | None = None) -> Handler:
        """Return ``handler`` with the ordered faults of ``channel`` around it.

        Refusals are worded as the vendor does where ``words`` says how.
        """

        async def guarded(request: web.Request) -> web.StreamResponse:
            fault = self.take(channel)
            if fault is None:
                return await handler(request)
            request[FAULT] = fault.mode.value
            if fault.mode is FaultMode.SLOW:
                await asyncio.sleep(fault.delay_seconds)
                return await handler(request)
            if fault.mode is FaultMode.ACCEPT_THEN_RESET:
                await handler(request)
                return reset(request)
            await request.read()
            self._ledgers[channel].record(
                at=time.time(), path=request.path, fault=fault.mode.value
            )
            return await _fail(request, fault, words or _own_words)

        return guarded

    def routes(self) -> list[web.RouteDef]:
        """Return the routes by which faults are ordered and forgotten."""
        return [
            web.get("/faults", self._get),
            web.post("/faults", self._post),
            web.delete("/faults", self._delete),
        ]

    async def _get(self, _request: web.Request) -> web.Response:
        ordered = [
            {**fault.model_dump(mode="json"), "count": remaining}
            for queue in self._ordered.values()
            for fault, remaining in queue
        ]
        return web.json_response(
            {"channels": [*Channel], "modes": dict(LEGEND), "ordered": ordered}
        )

    async def _post(self, request: web.Request) -> web.Response:
        fault = await read_body(request, Fault)
        self.order(fault)
        return web.json_response(fault.model_dump(mode="json"), status=201)

    async def _delete(self, _request: web.Request) -> web.Response:
        self.clear()
        return web.Response(status=204)


async def _fail(request: web.Request, fault: Fault, words: Words) -> web.Response:
    if fault.mode is FaultMode.HANG:
        await asyncio.sleep(HANG_SECONDS)
        return reset(request)
    if fault.mode is FaultMode.RESET:
        return reset(request)
    asked = fault.retry_after
    if fault.retry_at_seconds is not None:
        asked = formatdate(time.time() + fault.retry_at_seconds, usegmt=True)
    headers = {} if asked is None else {"Retry-After": asked}
    if fault.mode is FaultMode.CREATED:
        words = _own_words  # no vendor has words for that
    return words(int(fault.mode), headers)


def _own_words(status: int, headers: Mapping[str, str]) -> web.Response:
    return answer(status, "fault_ordered", headers)


def reset(request: web.Request) -> web.Response:
    """Break the connection so that the peer sees a reset, not an orderly close."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            linger_zero = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_zero)
        request.transport.abort()
    return web.Response()
