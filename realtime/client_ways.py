"""Which way a client connects: over sockets, or over HTTP where sockets fail.

After a few sockets in a row by which the server was not reached, a stream is opened. While it
works a socket is tried beside it now and then, and takes its place once it is welcome. When the
stream fails as well, both take turns.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from realtime.client_link import LinkBroken, Opener, Wire
from realtime.client_terms import NoTicket, Patience, TicketSource, take_ticket
from realtime.protocol import BadFrame, ClientFrame, Welcome, decode_server


log = structlog.get_logger(__name__)

Welcomed = tuple[Wire, str | bytes]
"""A connection, and the welcome that it came with."""


class SocketsFirst:
    """Opens sockets while they reach the server, else streams."""

    def __init__(
        self, socket: Opener, stream: Opener | None, ticket: TicketSource, patience: Patience
    ) -> None:
        """Begin with sockets; without `stream` there is nothing else."""
        self.is_stream = False
        """Whether frames travel over a stream, or would."""
        self._socket = socket
        self._stream = stream
        self._ticket = ticket
        self._patience = patience
        self._failed_sockets = 0

    async def open(self, ticket: str) -> Wire:
        """Open the next connection."""
        if self._stream is None or self._failed_sockets < self._patience.sockets_first:
            self.is_stream = False
            return await self._socket(ticket)
        self.is_stream = True
        stream = await self._stream(ticket)
        return RisingWire(
            stream, self._welcome_socket, every=self._patience.socket_again, risen=self._risen
        )

    def ended(self, *, was_reached: bool) -> None:
        """Learn that the connection ended, and whether the server had been reached by it."""
        if self.is_stream:
            if not was_reached:
                self._failed_sockets = self._patience.sockets_first - 1  # now a socket's turn
        else:
            self._failed_sockets = 0 if was_reached else self._failed_sockets + 1

    def _risen(self) -> None:
        self.is_stream = False
        self._failed_sockets = 0

    async def _welcome_socket(self) -> Welcomed | None:
        """Try a socket; return it with its welcome, if it gets one."""
        wire, first = None, None
        try:
            async with asyncio.timeout(self._patience.connect):
                ticket = await take_ticket(self._ticket)
                if ticket is not None:
                    wire = await self._socket(ticket)
                    first = await _welcome_of(wire)
        except (LinkBroken, NoTicket, TimeoutError) as error:
            log.debug("client.still_no_socket", error=repr(error))
        finally:
            if wire is not None and first is None:
                await wire.cut()
        return None if wire is None or first is None else (wire, first)


async def _welcome_of(wire: Wire) -> str | bytes | None:
    """Return what the wire says first, if that is a welcome."""
    first = await wire.receive()
    try:
        is_welcome = first is not None and isinstance(decode_server(first), Welcome)
    except BadFrame:
        return None
    return first if is_welcome else None


class RisingWire:
    """A stream, until a socket beside it is welcome; then that socket."""

    def __init__(
        self,
        stream: Wire,
        socket: Callable[[], Awaitable[Welcomed | None]],
        *,
        every: float,
        risen: Callable[[], None],
    ) -> None:
        """Try `socket` after so many seconds, again and again; call `risen` once it is there."""
        self._wire = stream
        self._socket = socket
        self._every = every
        self._risen = risen
        self._first: str | bytes | None = None
        self._rise = asyncio.create_task(self._try_sockets())

    @property
    def close_code(self) -> int | None:
        return self._wire.close_code

    @property
    def close_reason(self) -> str | None:
        return self._wire.close_reason

    async def send(self, frame: ClientFrame) -> None:
        await self._wire.send(frame)

    async def receive(self) -> str | bytes | None:
        while True:
            if self._first is not None:
                first, self._first = self._first, None
                return first
            wire = self._wire
            text = await wire.receive()
            # What a stream still had to say comes over the socket that has taken its place.
            if wire is self._wire:
                return text

    async def leave(self) -> None:
        self._rise.cancel()
        await self._wire.leave()

    async def cut(self) -> None:
        self._rise.cancel()
        await self._wire.cut()

    async def _try_sockets(self) -> None:
        found = None
        while found is None:
            await asyncio.sleep(self._every)
            found = await self._socket()
        stream = self._wire
        self._wire, self._first = found
        self._risen()
        await stream.cut()
