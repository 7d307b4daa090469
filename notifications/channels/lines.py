"""Kept TLS connections to push services, and one HTTP/1.1 request at a time on each.

A push is a small POST whose answer is a status and two headers; what a general HTTP client does
around it costs several times as much. CPU of one such exchange over TLS on one machine: aiohttp
130-170 us, a line 35-40 us. Answers are read by `httptools`, the parser of uvicorn.
"""

import asyncio
import ssl
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpResponseParser


IDLE_SECONDS: Final = 30.0
"""A connection that rested longer may be closed by the other side just as we write."""
NEXT_ADDRESS_SECONDS: Final = 0.25
"""After which the next address of a name is tried beside the first (RFC 8305)."""
INFORMATIONAL: Final = range(100, 200)
PORTS: Final[Mapping[str, int]] = {"https": 443, "http": 80}


class Reply(NamedTuple):
    """What a push service answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]


class LineError(OSError):
    """Nothing was answered, after the request may have been heard."""


class UnreachableError(LineError):
    """There is no connection, so nothing was heard."""


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self.is_open = False
        self.rested_at = 0.0
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Reply] | None = None
        self._parser = HttpResponseParser(self)
        self._begin()

    def _begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._status = 0

    async def ask(self, request: bytes) -> Reply:
        """Send a request and return its answer.

        :raises LineError: the connection broke, or what came is no HTTP.
        """
        if self._transport is None or not self.is_open:
            raise LineError("closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close it at once, whatever is under way."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  narrows the type
        self._transport, self.is_open = transport, True

    def data_received(self, data: bytes) -> None:
        if self._answer is None:  # an answer to nothing: this line cannot be trusted any more
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._fail(LineError(str(error)))

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        # An answer without a length ends with the connection.
        if self._status and error is None:
            self._succeed(is_reusable=False)
        else:
            self._fail(LineError(str(error or "closed")))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        self._status = 0 if status in INFORMATIONAL else status

    def on_message_complete(self) -> None:
        if self._status:
            self._succeed(is_reusable=self._parser.should_keep_alive())
        else:
            self._begin()

    def _succeed(self, *, is_reusable: bool) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result(Reply(self._status, self._headers))
        if answer is not None and is_reusable:
            self._begin()
        else:
            self.close()

    def _fail(self, error: LineError) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(error)
        self.close()


class Lines:
    """Kept connections by origin, at most `limit` to each; those beyond wait for their turn."""

    def __init__(self, *, tls: ssl.SSLContext, limit: int) -> None:
        self._tls = tls
        self._is_closed = False
        self._resting: dict[str, list[Line]] = defaultdict(list)
        self._turns: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(limit))

    async def ask(self, origin: str, request: bytes, *, timeout_seconds: float) -> Reply:
        """Send a whole request to `origin`, scheme and host with any port.

        :raises UnreachableError: there is no connection to it.
        :raises LineError: the connection broke before the answer was there.
        :raises TimeoutError: it took longer.
        """
        async with asyncio.timeout(timeout_seconds), self._turns[origin]:
            line = self._take(origin) or await self._connect(origin)
            try:
                return await line.ask(request)
            except BaseException:
                line.close()  # a late answer must not be taken for that to another request
                raise
            finally:
                if self._is_closed:
                    line.close()
                elif line.is_open:
                    line.rested_at = time.monotonic()
                    self._resting[origin].append(line)

    async def close(self) -> None:
        """Close every connection; one that is at work, after its answer."""
        self._is_closed = True
        for resting in self._resting.values():
            for line in resting:
                line.close()
        self._resting.clear()
        await asyncio.sleep(0)  # in which the loop lets go of their sockets

    def _take(self, origin: str) -> Line | None:
        """Return the line that rested last, and close those that rested too long."""
        resting = self._resting[origin]
        while resting:
            line = resting.pop()
            if not line.is_open:
                continue
            if time.monotonic() - line.rested_at < IDLE_SECONDS:
                return line
            line.close()
        return None

    async def _connect(self, origin: str) -> Line:
        parts = urlsplit(origin)
        tls = self._tls if parts.scheme == "https" else None
        port = parts.port or PORTS[parts.scheme]
        loop = asyncio.get_running_loop()
        try:
            _, line = await loop.create_connection(
                Line,
                parts.hostname or "",
                port,
                ssl=tls,
                happy_eyeballs_delay=NEXT_ADDRESS_SECONDS,
            )
        except OSError as error:
            raise UnreachableError(str(error)) from error
        return line
