"""What one socket still has to be sent: nothing, as long as its reader keeps up.

While the transport takes frames at once, a frame is handed over in the caller's own step: no
queue, no task. Once it does not, frames wait here and a writer task exists until they are gone.
Over the limit, events are coalesced by key keeping the newest; critical ones are never dropped.
Still over it: the socket is closed and its client resumes.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from types import coroutine
from typing import Any, Final

from realtime.backlog import Backlog, Due, Item, Latest, Plain, Reader
from realtime.event_frames import EventFrame
from realtime.transports import Wire


GONE: Final = 1006
"""Why a socket ends whose peer has left without a word."""
CLOSE_SECONDS: Final = 5.0
"""How long a reader may take to receive its close frame."""


class OutboxClosed(Exception):
    """The socket is closing; nothing more can be sent."""


class Outbox:
    """The sending side of one connection."""

    __slots__ = (
        "_backlog",
        "_closing",
        "_cutter",
        "_limit",
        "_room",
        "_when_full",
        "_wire",
        "_writer",
    )

    def __init__(self, wire: Wire, *, limit: int, when_full: Callable[[], None]) -> None:
        """Hold at most `limit` bytes for a slow reader; `when_full` then has to close."""
        self._when_full = when_full
        self._wire = wire
        self._limit = limit
        self._backlog = Backlog()
        self._writer: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._closing: int | None = None
        self._cutter: asyncio.TimerHandle | None = None

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._backlog.size

    @property
    def closing(self) -> int | None:
        """The code it is being closed with, if it is."""
        return self._closing

    def write(self, text: str) -> None:
        """Send a frame that must not be dropped."""
        if self._closing is None and not self._started(text):
            self._queue(Plain(text))

    def write_event(self, reader: Reader, event: EventFrame) -> None:
        """Send an event; an older one of the same key may be dropped for a slow reader."""
        if self._closing is not None:
            return
        if self._writer is None:
            previous, reader.written = reader.written, event.seq
            self._started(event.frame if previous == event.seq - 1 else event.after(previous))
        else:
            self._queue(Due(reader, event))

    def write_latest(self, key: str, text: str) -> None:
        """Send a frame that a newer one of the same `key` makes worthless."""
        if self._closing is None and not self._started(text):
            self._queue(Latest(key, text))

    async def room(self) -> None:
        """Wait until nothing waits: for those who have much to send and all the time.

        :raises OutboxClosed: when the socket is closing.
        """
        while self._writer is not None and self._closing is None:
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._room)
        if self._closing is not None:
            raise OutboxClosed

    def close(self, code: int) -> None:
        """Drop what waits and close the socket with `code`; cut it if that takes too long."""
        if self._closing is not None:
            return
        self._closing = code
        self._backlog.clear()
        self._cutter = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._wire.cut)
        if self._writer is None:
            self._step(_close_message(code))
        self._release()

    def discard(self) -> None:
        """Forget everything: the socket is gone."""
        self._closing = self._closing or GONE
        self._backlog.clear()
        if self._cutter is not None:
            self._cutter.cancel()
        if self._writer is not None:
            self._writer.cancel()
        self._release()

    def _started(self, text: str) -> bool:
        """Hand over `text` unless others wait before it."""
        if self._writer is not None:
            return False
        self._step({"type": "websocket.send", "text": text})
        return True

    def _step(self, message: dict[str, Any]) -> None:
        """Run the server's `send` here as far as it goes: to its end, if the buffer has room."""
        sending = self._wire.send(message)
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return
        except OSError:  # the peer has left; `receive` will say so
            self._closing = self._closing or GONE
            return
        self._writer = asyncio.get_running_loop().create_task(
            self._write_backlog(sending, waits_for)
        )

    async def _write_backlog(
        self, sending: Coroutine[Any, Any, None], waits_for: asyncio.Future[None]
    ) -> None:
        try:
            await _finish(sending, waits_for)
            while self._backlog:
                await self._wire.send({"type": "websocket.send", "text": self._backlog.take()})
            if self._closing is not None:
                await self._wire.send(_close_message(self._closing))
        except OSError:  # the peer has left; `receive` will say so
            self._closing = self._closing or GONE
            self._backlog.clear()
        finally:
            self._writer = None
            self._release()

    def _release(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    def _queue(self, item: Item) -> None:
        self._backlog.add(item)
        if self._backlog.size > self._limit:
            self._backlog.coalesce()
            if self._backlog.size > self._limit:
                self._when_full()


def _close_message(code: int) -> dict[str, Any]:
    return {"type": "websocket.close", "code": code}


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
