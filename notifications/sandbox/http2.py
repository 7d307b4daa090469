"""Lets the sandbox's one port speak HTTP/2 too: whoever opens with its preface is served so."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError


PREFACE: Final = b"PRI * HTTP/2"
ALPN: Final = ["http/1.1", "h2"]
"""In the order of liking: browsers get the pages by the former."""


@dataclass(slots=True)
class H2Request:
    """One request; headers that came twice are in `repeated`."""

    connection: int
    """Which connection it came over."""
    headers: dict[str, str] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class H2Answer:
    """What is answered; `None` for a status resets the connection."""

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Answerer = Callable[[H2Request], Awaitable[H2Answer]]


class Http2Server:
    """Every HTTP/2 connection of the sandbox."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self._open: set[_Connection] = set()
        self._count = 0

    def connection(self) -> "_Connection":
        """Return the protocol of one more connection."""
        self._count += 1
        return _Connection(self._answerer, number=self._count, among=self._open)

    async def shut_down(self, _application: web.Application) -> None:
        """End every connection."""
        for connection in tuple(self._open):
            connection.end()


HTTP2: Final = web.AppKey("http2", Http2Server)


class _Connection(asyncio.Protocol):
    def __init__(self, answerer: Answerer, *, number: int, among: "set[_Connection]") -> None:
        self._answerer = answerer
        self._number = number
        self._among = among
        self._h2 = H2Connection(config=H2Configuration(client_side=False, header_encoding="utf-8"))
        self._transport: asyncio.Transport | None = None
        self._requests: dict[int, H2Request] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  made by create_server
        self._transport = transport
        self._among.add(self)
        self._h2.initiate_connection()
        self._flush()

    def data_received(self, data: bytes) -> None:
        try:
            for event in self._h2.receive_data(data):
                self._take(event)
        except ProtocolError:
            self.end()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's
        self._transport = None
        self._among.discard(self)
        for task in self._tasks:
            task.cancel()

    def end(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _take(self, event: Event) -> None:
        match event:
            case RequestReceived(stream_id=stream_id, headers=headers):
                request = H2Request(self._number)
                for name, value in headers:
                    if str(name) in request.headers:
                        request.repeated.add(str(name))
                    request.headers[str(name)] = str(value)
                self._requests[stream_id] = request
            case DataReceived(stream_id=stream_id, data=data):
                self._h2.acknowledge_received_data(event.flow_controlled_length, stream_id)
                self._requests[stream_id].body += data
            case StreamEnded(stream_id=stream_id):
                task = asyncio.create_task(self._answer(stream_id))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case StreamReset(stream_id=stream_id):
                self._requests.pop(stream_id, None)
            case _:
                pass

    async def _answer(self, stream_id: int) -> None:
        answer = await self._answerer(self._requests[stream_id])
        if answer.status is None:
            self.end()
            return
        self._requests.pop(stream_id, None)
        headers = [(":status", str(answer.status)), *answer.headers.items()]
        # The client may have lost patience meanwhile.
        with contextlib.suppress(ProtocolError):
            self._h2.send_headers(stream_id, headers, end_stream=not answer.body)
            if answer.body:
                self._h2.send_data(stream_id, answer.body, end_stream=True)
        self._flush()

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


class _Undecided(asyncio.Protocol):
    """Waits for the first bytes, and hands the connection to who speaks that."""

    def __init__(
        self, http1: Callable[[], asyncio.Protocol], http2: Callable[[], asyncio.Protocol]
    ) -> None:
        self._http1, self._http2 = http1, http2
        self._begun = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  made by create_server
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._begun += data
        if len(self._begun) < len(PREFACE) and PREFACE.startswith(self._begun):
            return
        assert self._transport is not None  # noqa: S101  it came before its data
        chosen = self._http2 if self._begun.startswith(PREFACE) else self._http1
        protocol = chosen()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(self._begun)


class EitherSite(web.TCPSite):
    """A port that speaks HTTP/1.1 and HTTP/2, in plain text or by TLS."""

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        *,
        ssl_context: ssl.SSLContext | None,
        http2: Http2Server,
    ) -> None:
        super().__init__(runner, host, port, ssl_context=ssl_context)
        self._http2 = http2
        if ssl_context is not None:
            ssl_context.set_alpn_protocols(ALPN)

    async def start(self) -> None:
        """Listen.

        :raises OSError: the port is taken.
        """
        await web.BaseSite.start(self)
        server: Any = self._runner.server
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Undecided(server, self._http2.connection),
            self._host,
            self._port,
            ssl=self._ssl_context,
            backlog=self._backlog,
        )
