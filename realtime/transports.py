"""The sending end of one socket, where servers differ: when it has room, and how it is cut off.

A wire that is `ready` takes a frame at once; one that is not has to be drained first. uvicorn's
(`core.uvicorn_sockets`) is not ready while its transport's buffer is above 64 KiB, daphne's
while Twisted has paused us, which it does above the same 64 KiB. Both take whole pre-framed
buffers, so that an event is framed once for all its sockets. Any other server is trusted to
make `send` wait, as the ASGI specification allows, and gets text.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from functools import partial
from types import coroutine
from typing import Any, Protocol, runtime_checkable

from autobahn.exception import Disconnected

from core.servers import FRAMES_EXTENSION
from core.websocket_frames import text_frame


Message = dict[str, Any]
Send = Callable[[Message], Coroutine[Any, Any, None]]
Receive = Callable[[], Awaitable[Message]]


class Frame(Protocol):
    """A frame, as wires take it."""

    @property
    def text(self) -> str:
        """Its JSON."""

    @property
    def buffer(self) -> bytes:
        """The same, as one WebSocket frame."""


class TextFrame:
    """A frame that is framed when a wire first asks for it."""

    __slots__ = ("_buffer", "text")

    def __init__(self, text: str) -> None:
        """Frame nothing yet."""
        self.text = text
        self._buffer: bytes | None = None

    @property
    def buffer(self) -> bytes:
        """The text, as one WebSocket frame."""
        if self._buffer is None:
            self._buffer = text_frame(self.text)
        return self._buffer


class Wire(Protocol):
    """The sending end of one socket."""

    @property
    def ready(self) -> bool:
        """Whether it takes a frame now."""

    def put(self, frame: Frame) -> None:
        """Hand one frame over; only when `ready`."""

    async def drain(self) -> None:
        """Wait until it is ready.

        :raises OSError: the peer has left.
        """

    def close(self, code: int) -> None:
        """Say why the socket ends; only when `ready`."""

    def cut(self) -> None:
        """Drop the socket at once, whatever is in its buffer."""


class Listener(Protocol):
    """Whoever adopts a socket."""

    def heard(self, text: str | None) -> None:
        """Take one message; None: it was binary. Must not block."""

    def gone(self) -> None:
        """Learn, once, that the socket has ended."""


@runtime_checkable
class AdoptableWire(Wire, Protocol):
    """A wire that needs nobody to wait for what it receives."""

    def adopt(self, listener: Listener) -> None:
        """Hand every message to `listener` from now on, and the socket's end."""


def wire_of(scope: Message, send: Send) -> Wire:
    """Return the sending end behind an ASGI `send`."""
    offered = scope.get("extensions", {}).get(FRAMES_EXTENSION)
    if offered is not None:
        wire: Wire = offered["socket"]
        return wire
    if isinstance(send, partial) and send.args and hasattr(send.args[0], "registerProducer"):
        return DaphneWire(send, send.args[0])
    return SendWire(send)


class SendWire:
    """Anything with a coroutine that takes ASGI messages, and waits by itself."""

    __slots__ = ("_lost", "_pending", "_send")

    def __init__(self, send: Send) -> None:
        """Begin ready."""
        self._send = send
        self._pending: tuple[Coroutine[Any, Any, None], asyncio.Future[None]] | None = None
        self._lost = False

    @property
    def ready(self) -> bool:
        """Whether no `send` is under way."""
        return self._pending is None and not self._lost

    def put(self, frame: Frame) -> None:
        self._step({"type": "websocket.send", "text": frame.text})

    async def drain(self) -> None:
        if self._pending is not None:
            sending, waits_for = self._pending
            try:
                await _finish(sending, waits_for)
            finally:
                self._pending = None
        if self._lost:
            raise ConnectionResetError

    def close(self, code: int) -> None:
        self._step({"type": "websocket.close", "code": code})

    def cut(self) -> None:
        """Abort the transport, where the server shows it."""
        server = getattr(self._send, "__self__", None)
        transport = getattr(server, "transport", None)
        if transport is not None:
            transport.abort()

    def _step(self, message: Message) -> None:
        """Run the server's `send` here as far as it goes: to its end, if the buffer has room."""
        sending = self._send(message)
        try:
            self._pending = sending, sending.send(None)
        except StopIteration:
            pass
        except OSError:  # `receive` will say so too
            self._lost = True


class DaphneWire:
    """A Twisted transport, whose producer we become."""

    __slots__ = ("_protocol", "_room", "_send", "ready")

    def __init__(self, send: Send, protocol: Any) -> None:
        """Replace the HTTP channel, which pauses nobody once the socket is upgraded."""
        self._send = send
        self._protocol = protocol
        self._room: asyncio.Future[None] | None = None
        self.ready = True
        protocol.unregisterProducer()
        protocol.registerProducer(self, True)  # noqa: FBT003  Twisted's signature

    def put(self, frame: Frame) -> None:
        """Write what autobahn would, without framing it again for each socket."""
        protocol = self._protocol
        if protocol.state == protocol.STATE_OPEN and not protocol.send_queue:
            protocol.transport.write(frame.buffer)
        else:
            self._step({"type": "websocket.send", "text": frame.text})

    async def drain(self) -> None:
        while not self.ready:
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._room)

    def close(self, code: int) -> None:
        self._step({"type": "websocket.close", "code": code})

    def cut(self) -> None:
        self._protocol.transport.abortConnection()

    def _step(self, message: Message) -> None:
        # daphne's `send` never waits. A socket that is closed, when Twisted has yet to say so,
        # takes nothing, and `receive` will say that it is gone.
        with suppress(StopIteration, Disconnected):
            self._send(message).send(None)

    def pauseProducing(self) -> None:  # noqa: N802  Twisted's name
        """Learn that the buffer is full."""
        self.ready = False

    def resumeProducing(self) -> None:  # noqa: N802  Twisted's name
        """Learn that the buffer is empty."""
        self.ready = True
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    def stopProducing(self) -> None:  # noqa: N802  Twisted's name
        """Learn that the connection is lost; what is put then goes nowhere, without waiting."""
        self.resumeProducing()


@coroutine
def _finish(
    sending: Coroutine[Any, Any, None], waits_for: asyncio.Future[None]
) -> Generator[asyncio.Future[None], None, None]:
    """Go on with a `send` that has stopped at `waits_for`, now inside a task."""
    while True:
        try:
            yield waits_for
        except BaseException as error:  # noqa: BLE001  the send must see its own cancellation
            advance = partial(sending.throw, error)
        else:
            advance = partial(sending.send, None)
        try:
            waits_for = advance()
        except StopIteration:
            return
