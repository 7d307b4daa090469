"""What ASGI does not say about a socket: when its send buffer is full, and how to cut it off.

uvicorn's `send` waits while the transport's buffer is above 64 KiB. daphne's never waits, so we
take the place of its transport's producer, which Twisted pauses above the same 64 KiB. Any
other server is trusted to make `send` wait, as the ASGI specification allows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Protocol

from autobahn.exception import Disconnected


Message = dict[str, Any]
Send = Callable[[Message], Coroutine[Any, Any, None]]
Receive = Callable[[], Awaitable[Message]]


class Wire(Protocol):
    """The sending end of one socket."""

    def send(self, message: Message) -> Coroutine[Any, Any, None]:
        """Hand one ASGI message over, waiting while the buffer is full."""

    def cut(self) -> None:
        """Drop the socket at once, whatever is in its buffer."""


def wire_of(send: Send) -> Wire:
    """Return the sending end behind an ASGI `send`."""
    if isinstance(send, partial) and send.args and hasattr(send.args[0], "registerProducer"):
        return DaphneWire(send, send.args[0])
    return AsgiWire(send)


class AsgiWire:
    """A server whose `send` waits by itself."""

    __slots__ = ("_server", "send")

    def __init__(self, send: Send) -> None:
        """Keep the server's connection object, where there is one, for `cut`."""
        self.send = send
        self._server = getattr(send, "__self__", None)

    def cut(self) -> None:
        transport = getattr(self._server, "transport", None)
        if transport is not None:
            transport.abort()


class DaphneWire:
    """A Twisted transport, whose producer we become."""

    __slots__ = ("_protocol", "_room", "_send")

    def __init__(self, send: Send, protocol: Any) -> None:
        """Replace the HTTP channel, which pauses nobody once the socket is upgraded."""
        self._send = send
        self._protocol = protocol
        self._room: asyncio.Future[None] | None = None
        protocol.unregisterProducer()
        protocol.registerProducer(self, True)  # noqa: FBT003  Twisted's signature

    async def send(self, message: Message) -> None:
        while self._room is not None:
            await self._room
        try:
            await self._send(message)
        except Disconnected as error:  # closed, and Twisted has yet to say so
            raise ConnectionResetError from error

    def cut(self) -> None:
        self._protocol.transport.abortConnection()

    def pauseProducing(self) -> None:  # noqa: N802  Twisted's name
        """Learn that the buffer is full."""
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()

    def resumeProducing(self) -> None:  # noqa: N802  Twisted's name
        """Learn that the buffer is empty."""
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    def stopProducing(self) -> None:  # noqa: N802  Twisted's name
        """Learn that the connection is lost; sends then go nowhere, without waiting."""
        self.resumeProducing()
