"""A small HTTP/2 client over h2: one connection to one origin, many requests at once.

Apple's service speaks nothing else. A stream that the peer refused, or of which it says in GOAWAY
that it never looked at it, was surely not taken; of any other that broke nothing is known.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from notifications.channels.exchange import NoReplyError, Reply
from notifications.channels.result import Outcome, SendResult


PROTOCOL: Final = "h2"
NOT_TAKEN: Final = SendResult(Outcome.RETRY, "connection_refused")
LOST: Final = SendResult(Outcome.UNKNOWN, "connection_lost")
SILENT: Final = SendResult(Outcome.UNKNOWN, "timeout")
CLOSE_SECONDS: Final = 1.0


@dataclass(slots=True)
class _Stream:
    """One request under way."""

    done: asyncio.Future[Reply]
    status: int = 0
    retry_after: str | None = None
    body: bytearray = field(default_factory=bytearray)

    def take(self, event: Event) -> None:
        """Keep what came of the answer; other events only make room, which is asked anew."""
        match event:
            case ResponseReceived(headers=headers):
                named = {str(name): str(value) for name, value in headers}
                self.status = int(named[":status"])
                self.retry_after = named.get("retry-after")
            case DataReceived(data=data):
                self.body += data
            case StreamEnded():
                if not self.done.done():
                    self.done.set_result(Reply(self.status, bytes(self.body), self.retry_after))
            case StreamReset(error_code=code):
                self.fail(NOT_TAKEN if code == ErrorCodes.REFUSED_STREAM else LOST)
            case _:
                pass

    def fail(self, result: SendResult) -> None:
        if not self.done.done():
            self.done.set_exception(NoReplyError(result))


class Http2Connection(asyncio.Protocol):
    """One connection; it takes no more requests once it or its peer has said goodbye."""

    def __init__(self) -> None:
        config = H2Configuration(client_side=True, header_encoding="utf-8")
        self._h2 = H2Connection(config=config)
        self._transport: asyncio.Transport | None = None
        self._streams: dict[int, _Stream] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._is_retired = False
        self._lost = asyncio.get_running_loop().create_future()

    @property
    def is_usable(self) -> bool:
        """Whether a request may be begun."""
        return self._transport is not None and not self._is_retired

    async def call(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send one request and return the answer.

        :raises NoReplyError: there was none.
        """
        await self._until(self._has_room)
        if not self.is_usable:
            raise NoReplyError(NOT_TAKEN)
        stream_id = self._h2.get_next_available_stream_id()
        stream = _Stream(asyncio.get_running_loop().create_future())
        self._streams[stream_id] = stream
        try:
            self._h2.send_headers(stream_id, list(headers.items()), end_stream=not body)
            self._flush()
            await self._send(stream_id, stream, body)
            return await stream.done
        except ProtocolError as error:
            self.retire()
            raise NoReplyError(LOST) from error
        finally:
            self._forget(stream_id)

    def retire(self) -> None:
        """Take no more requests; close once those under way have ended."""
        self._is_retired = True
        self._wake()
        if not self._streams:
            self._close()

    async def close(self) -> None:
        """Say goodbye, and wait until the connection is closed."""
        self.retire()
        self._close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.shield(self._lost)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  made by create_connection
        self._transport = transport
        self._h2.initiate_connection()
        self._h2.update_settings({SettingCodes.ENABLE_PUSH: 0})
        self._flush()

    def data_received(self, data: bytes) -> None:
        try:
            for event in self._h2.receive_data(data):
                self._take(event)
        except ProtocolError:
            self.retire()
            self._close()
        self._flush()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's
        self._transport = None
        for stream in self._streams.values():
            stream.fail(LOST)
        self._wake()
        if not self._lost.done():
            self._lost.set_result(None)

    def _take(self, event: Event) -> None:
        if isinstance(event, DataReceived):
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if isinstance(event, ConnectionTerminated):
            self._say_goodbye(event.last_stream_id)
            return
        stream = self._streams.get(getattr(event, "stream_id", None) or 0)
        if stream is not None:
            stream.take(event)

    def _say_goodbye(self, last_stream_id: int | None) -> None:
        self._is_retired = True
        for stream_id, stream in self._streams.items():
            if last_stream_id is not None and stream_id > last_stream_id:
                stream.fail(NOT_TAKEN)

    async def _send(self, stream_id: int, stream: _Stream, body: bytes) -> None:
        sent = 0
        while sent < len(body):
            await self._until(lambda: stream.done.done() or self._window(stream_id) > 0)
            if stream.done.done():
                return
            size = min(self._window(stream_id), self._h2.max_outbound_frame_size)
            part = body[sent : sent + size]
            sent += len(part)
            self._h2.send_data(stream_id, part, end_stream=sent == len(body))
            self._flush()

    def _window(self, stream_id: int) -> int:
        return self._h2.local_flow_control_window(stream_id)

    def _has_room(self) -> bool:
        most = self._h2.remote_settings.max_concurrent_streams
        return self._is_retired or self._h2.open_outbound_streams < most

    async def _until(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready`, which may be after any packet."""
        while True:
            if self._transport is None:
                raise NoReplyError(LOST)
            if ready():
                return
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _forget(self, stream_id: int) -> None:
        stream = self._streams.pop(stream_id)
        if not stream.done.done() or stream.done.cancelled():
            # Nobody waits any more; a stream that never began or has ended cannot be reset.
            with contextlib.suppress(ProtocolError):
                self._h2.reset_stream(stream_id, ErrorCodes.CANCEL)
                self._flush()
        elif not stream.done.cancelled():
            stream.done.exception()  # heard, also when sending broke off first
        if self._is_retired and not self._streams:
            self._close()

    def _close(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            with contextlib.suppress(ProtocolError):
                self._h2.close_connection()
            self._flush()
            self._transport.close()

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


class Http2Client:
    """Requests to one base URL; the connection is opened when needed, and again when lost."""

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float,
        authorities: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """Plain text is for the sandbox alone; with https the peer must agree upon HTTP/2.

        `authorities` makes the context that says whose certificates are believed.
        """
        parts = urlsplit(url)
        self._prefix = parts.path.rstrip("/")
        self._scheme, self._authority = parts.scheme, parts.netloc
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._authorities = authorities
        self._context: ssl.SSLContext | None = None
        self._timeout_seconds = timeout_seconds
        self._connection: Http2Connection | None = None
        self._opening: asyncio.Lock | None = None

    async def call(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """Return the answer, whatever its status.

        :raises NoReplyError: there was none.
        """
        connection = await self._connected()
        request = {
            ":method": method,
            ":scheme": self._scheme,
            ":authority": self._authority,
            ":path": self._prefix + path,
            **headers,
        }
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await connection.call(request, body)
        except TimeoutError as error:
            connection.retire()  # it may be dead without anybody having said so
            raise NoReplyError(SILENT) from error

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _connected(self) -> Http2Connection:
        self._opening = self._opening or asyncio.Lock()
        async with self._opening:
            if self._connection is None or not self._connection.is_usable:
                self._connection = await self._open()
            return self._connection

    async def _open(self) -> Http2Connection:
        context = self._secure() if self._scheme == "https" else None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                transport, connection = await loop.create_connection(
                    Http2Connection, self._host, self._port, ssl=context
                )
        except (TimeoutError, OSError) as error:
            raise NoReplyError(NOT_TAKEN) from error
        secured = transport.get_extra_info("ssl_object")
        if secured is not None and secured.selected_alpn_protocol() != PROTOCOL:
            await connection.close()
            raise NoReplyError(SendResult(Outcome.RETRY, "no_http2"))
        return connection

    def _secure(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = self._authorities()
            self._context.set_alpn_protocols([PROTOCOL])
        return self._context
