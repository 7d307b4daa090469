"""uvicorn's end of one WebSocket: takes whole pre-framed buffers, and needs no task once adopted.

Beside what ASGI offers, the scope carries `extensions["paidan.frames"]["socket"]`, this object.
Who fans one event out to many sockets encodes it once and hands each of them the same bytes:

* `ready`: whether the transport's buffer is below its high-water mark;
* `write(buffer)`: send whole frames; `drain()` waits until it is ready;
* `adopt(listener)`: from now on messages go straight to the listener, in the step that reads
  them, and the application may return: an idle socket has no task, no queue and no timer.

Compression is not offered: a frame compressed for one socket is of no use to another.
The handshake is in `core.uvicorn_handshake`; what follows is `core.websocket_frames`.
"""

import asyncio
import os
from http import HTTPStatus
from typing import Any, Final, Protocol, cast

import structlog
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from core.servers import FRAMES_EXTENSION
from core.uvicorn_handshake import Handshake, answer
from core.websocket_frames import (
    NO_CODE,
    FrameReader,
    Opcode,
    Violation,
    close_code,
    close_frame,
    frame,
    text_frame,
    text_of,
)


log = structlog.get_logger(__name__)

GONE: Final = 1006
"""Why a socket ends whose peer left without a word."""
RESTART: Final = 1012
NORMAL: Final = 1000
CLOSE_SECONDS: Final = 5.0
"""How long a peer may take to read what is left before the socket is cut."""

Message = dict[str, Any]


class Buffered(Protocol):
    """What has been framed already."""

    @property
    def buffer(self) -> bytes:
        """One whole frame."""


class Listener(Protocol):
    """Whoever adopts a socket."""

    def heard(self, text: str | None) -> None:
        """Take one message; None: it was binary. Must not block."""

    def gone(self) -> None:
        """Learn, once, that the socket has ended."""


class UvicornSocket(asyncio.Protocol):
    """One WebSocket of a uvicorn process."""

    __slots__ = ("_closing", "_code", "_config", "_connections", "_file", "_handshake",
                 "_inbox", "_listener", "_reader", "_response", "_room", "_tasks", "_waiter",
                 "_waits", "ready", "transport")  # fmt: skip

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # noqa: ARG002  uvicorn names it; lifespan is off
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Wait for the handshake; the signature is uvicorn's."""
        self._config = config
        self._connections: set[Any] = server_state.connections
        self._tasks = server_state.tasks
        self._handshake: Handshake | None = None
        self._reader: FrameReader | None = None
        self._listener: Listener | None = None
        self._inbox: list[Message] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._response: Message | None = None
        self._closing = False
        self._code = GONE
        self._file: int | None = None
        self._waits = False
        self.ready = False
        """Whether it is open and the transport's buffer has room."""

    # What uvicorn and its transport call

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connections.add(self)
        self.transport = cast("asyncio.Transport", transport)
        if not is_ssl(self.transport):
            self._file = self.transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        if self._reader is None:
            self._shake(data)
            return
        try:
            for opcode, payload in self._reader.feed(data):
                self._take(opcode, payload)
        except Violation as violation:
            log.info("socket.violation", code=violation.code, reason=str(violation))
            self._part(close_frame(violation.code))

    def eof_received(self) -> None:
        """Let the transport close: who sends no more can answer no ping."""

    def pause_writing(self) -> None:
        self.ready = False

    def resume_writing(self) -> None:
        self.ready = self._reader is not None and not self._closing
        self._release()

    def connection_lost(self, _error: Exception | None) -> None:
        self._connections.discard(self)
        # The transport closes the file after this call, and its number may be another's then.
        self._file = None
        self.ready, self._closing = False, True
        self._release()
        if self._listener is not None:
            self._listener.gone()
        else:
            self._tell({"type": "websocket.disconnect", "code": self._code})

    def shutdown(self) -> None:
        """End the socket because uvicorn stops."""
        if self._reader is None:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._part(close_frame(RESTART))

    # What the application calls

    def adopt(self, listener: Listener) -> None:
        """Hand every message to `listener` from now on, and the socket's end."""
        self._listener = listener
        waiting, self._inbox = self._inbox or (), None
        for message in waiting:
            if message["type"] == "websocket.disconnect":
                listener.gone()
            else:
                listener.heard(message.get("text"))
        self._resume()

    def put(self, frame: Buffered) -> None:
        """Send a frame; only when `ready`."""
        self.write(frame.buffer)

    def write(self, buffer: bytes) -> None:
        """Send whole frames; only when `ready`.

        What the kernel takes at once does not pass through the transport, which would spend a
        tenth of the whole send on the way (measured on loopback: 6.2 against 6.9 us).
        """
        if self._waits:
            self._waits = self.transport.get_write_buffer_size() > 0
        if self._file is not None and not self._waits:
            try:
                sent = os.write(self._file, buffer)
            except OSError:  # no room, or the peer is gone: the transport knows what to do
                sent = 0
            if sent == len(buffer):
                return
            buffer = buffer[sent:]
        self._waits = True
        self.transport.write(buffer)

    async def drain(self) -> None:
        """Wait until it is ready.

        :raises ConnectionResetError: it is closing, or lost.
        """
        while not self.ready:
            if self._closing:
                raise ConnectionResetError
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._room)

    def close(self, code: int, reason: str = "") -> None:
        """Say why, wait for the peer to say the same, and cut it off when it does not."""
        if not self._closing:
            self._closing, self.ready = True, False
            self._release()
            self.write(close_frame(code, reason))
            self._cut_later()

    def cut(self) -> None:
        """Drop the socket at once, whatever is in its buffer."""
        self.transport.abort()

    async def receive(self) -> Message:
        """Return the next ASGI message; reading pauses while one waits."""
        while not self._inbox:
            if self._closing and self.transport.is_closing():
                return {"type": "websocket.disconnect", "code": self._code}
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        message = self._inbox.pop(0)
        if not self._inbox and self._reader is not None:
            self._resume()
        return message

    async def send(self, message: Message) -> None:
        """Take one ASGI message, waiting while the buffer is full.

        :raises ConnectionResetError: the socket is closing, or lost.
        """
        kind = message["type"]
        if self._reader is None:
            self._answer(kind, message)
        elif kind == "websocket.close":
            self.close(message.get("code") or NORMAL, message.get("reason") or "")
        elif message.get("text") is not None:
            await self.drain()
            self.write(text_frame(message["text"]))
        else:
            await self.drain()
            self.write(frame(Opcode.BINARY, message["bytes"]))

    # Within

    def _shake(self, head: bytes) -> None:
        self._handshake = Handshake(head)
        refusal = self._handshake.refusal
        if refusal is not None:
            self._part(refusal)
            return
        # What a client sends before it has an answer waits in the kernel.
        self.transport.pause_reading()
        scope = self._handshake.scope(self._config.root_path)
        scope["scheme"] = "wss" if is_ssl(self.transport) else "ws"
        scope["server"] = get_local_addr(self.transport)
        scope["client"] = get_remote_addr(self.transport)
        scope["extensions"] = {"websocket.http.response": {}, FRAMES_EXTENSION: {"socket": self}}
        self._inbox = [{"type": "websocket.connect"}]
        task = asyncio.get_running_loop().create_task(self._run(scope))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, scope: Message) -> None:
        try:
            await self._config.loaded_app(scope, self.receive, self.send)
        except ConnectionResetError:
            pass
        except Exception:
            log.exception("socket.failed")
        if self._reader is None:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
        elif self._listener is None and not self._closing:
            self.close(NORMAL)

    def _answer(self, kind: str, message: Message) -> None:
        if self._closing or self._handshake is None:
            raise ConnectionResetError
        if kind == "websocket.accept":
            self.write(self._handshake.acceptance(message))
            self._handshake = None
            self._reader = FrameReader(self._config.ws_max_size)
            self.ready = True
            self.transport.resume_reading()
        elif kind == "websocket.close":
            self._refuse(HTTPStatus.FORBIDDEN)
        elif kind == "websocket.http.response.start":
            self._response = message
        elif self._response is not None:
            head, body = self._response, message.get("body", b"")
            self._part(answer(head["status"], list(head.get("headers", ())), body).serialize())

    def _refuse(self, status: HTTPStatus) -> None:
        self._part(answer(status, [], b"").serialize())

    def _take(self, opcode: Opcode, payload: bytes) -> None:
        if opcode is Opcode.CLOSE:
            self._code = close_code(payload)
            self._part(close_frame(self._code) if self._code != NO_CODE else frame(opcode, b""))
        elif self._closing:
            return
        elif opcode is Opcode.TEXT:
            self._hear(text_of(payload), payload)
        elif opcode is Opcode.BINARY:
            self._hear(None, payload)
        elif opcode is Opcode.PING and self.ready:
            # Who asks but does not read gets no answer: nothing piles up.
            self.write(frame(Opcode.PONG, payload))

    def _hear(self, text: str | None, payload: bytes) -> None:
        if self._listener is not None:
            self._listener.heard(text)
            return
        content: Message = {"text": text} if text is not None else {"bytes": payload}
        self._tell({"type": "websocket.receive", **content})
        self.transport.pause_reading()

    def _resume(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _tell(self, message: Message) -> None:
        if self._inbox is None:
            self._inbox = []
        self._inbox.append(message)
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _part(self, last: bytes) -> None:
        """Send the last bytes, unless the last ones are out already, and end the connection."""
        if not self._closing:
            self.write(last)
        self._closing, self.ready = True, False
        self._release()
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._cut_later()

    def _cut_later(self) -> None:
        asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.transport.abort)

    def _release(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)
