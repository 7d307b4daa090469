"""What one socket still has to be sent: nothing, as long as its reader keeps up.

While the wire is ready, a frame is handed over in the caller's own step: no queue, no task.
Once it is not, frames wait here and a writer task exists until they are gone. Over the limit,
events are coalesced by key keeping the newest; critical ones are never dropped. Still over it:
the socket is closed and its client resumes.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from realtime.backlog import Backlog, Due, Item, Latest, Plain, Reader
from realtime.event_frames import EventFrame
from realtime.fan_out import Batch
from realtime.transports import TextFrame, Wire


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
        "_cutter",
        "_limit",
        "_room",
        "_when_full",
        "_writer",
        "closing",
        "wire",
    )

    def __init__(self, wire: Wire, *, limit: int, when_full: Callable[[], None]) -> None:
        """Hold at most `limit` bytes for a slow reader; `when_full` then has to close."""
        self.wire = wire
        self.closing: int | None = None
        """The code it is being closed with, if it is."""
        self._when_full = when_full
        self._limit = limit
        self._backlog: Backlog | None = None
        self._writer: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._cutter: asyncio.TimerHandle | None = None

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._backlog.size if self._backlog is not None else 0

    @property
    def direct(self) -> bool:
        """Whether a frame goes to the wire at once."""
        return self._writer is None and self.closing is None and self.wire.ready

    def write(self, text: str) -> None:
        """Send a frame that must not be dropped."""
        self.write_frame(TextFrame(text))

    def write_frame(self, frame: TextFrame) -> None:
        """Send a frame that many sockets get and that must not be dropped."""
        if self.direct:
            self.wire.put(frame)
        else:
            self._queue(Plain(frame.text))

    def write_event(self, reader: Reader, event: EventFrame) -> None:
        """Send an event; an older one of the same key may be dropped for a slow reader."""
        if self.direct:
            previous, reader.written = reader.written, event.seq
            self.wire.put(TextFrame(event.after(previous)))
        else:
            self._queue(Due(reader, event))

    def write_batch(self, reader: Reader, batch: Batch) -> None:
        """Send events that others are sent, too: as the same bytes, where that is true."""
        wire = self.wire
        # `direct` written out: this is done once for every frame that leaves the process.
        if (
            reader.written == batch.after
            and wire.ready
            and self._writer is None
            and self.closing is None
        ):
            reader.written = batch.seq
            wire.put(batch)
        else:
            for event in batch.events:
                self.write_event(reader, event)

    def write_latest(self, key: str, text: str) -> None:
        """Send a frame that a newer one of the same `key` makes worthless."""
        if self.direct:
            self.wire.put(TextFrame(text))
        else:
            self._queue(Latest(key, text))

    async def room(self) -> None:
        """Wait until nothing waits: for those who have much to send and all the time.

        :raises OutboxClosed: when the socket is closing.
        """
        while self.closing is None and not self.direct:
            self._start_writer()
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._room)
        if self.closing is not None:
            raise OutboxClosed

    def close(self, code: int) -> None:
        """Drop what waits and close the socket with `code`; cut it if that takes too long."""
        if self.closing is not None:
            return
        at_once = self.direct
        self.closing = code
        self._backlog = None
        self._cutter = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.wire.cut)
        if at_once:
            self.wire.close(code)
        else:
            self._start_writer()
        self._release()

    def discard(self) -> None:
        """Forget everything: the socket is gone."""
        self.closing = self.closing or GONE
        self._backlog = None
        if self._cutter is not None:
            self._cutter.cancel()
        if self._writer is not None:
            self._writer.cancel()
        self._release()

    def _queue(self, item: Item) -> None:
        if self.closing is not None:
            return
        if self._backlog is None:
            self._backlog = Backlog()
        self._backlog.add(item)
        self._start_writer()
        if self._backlog.size > self._limit:
            self._backlog.coalesce()
            if self._backlog.size > self._limit:
                self._when_full()

    def _start_writer(self) -> None:
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write_backlog())

    async def _write_backlog(self) -> None:
        try:
            await self.wire.drain()
            while self._backlog:
                self.wire.put(TextFrame(self._backlog.take()))
                await self.wire.drain()
            if self.closing is not None:
                self.wire.close(self.closing)
        except OSError:  # the peer has left; `receive` will say so
            self.closing = self.closing or GONE
        finally:
            self._writer = None
            self._backlog = None
            self._release()

    def _release(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)
