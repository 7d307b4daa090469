"""The fast path: one bus message becomes one buffer for each socket that listens.

Events of one topic that come together are framed together, once: a lone event as `ev`, several
as `evs`. In the usual case, a live reader that has everything before them and a socket with
room, that very `bytes` object goes to the socket's transport; everything else is the outbox's.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from core.websocket_frames import text_frame
from realtime.event_frames import EventFrame, batch_text


BATCH_BYTES: Final = 32 * 1024
"""Where an `evs` frame stops taking more."""


class Batch:
    """Events of one topic that follow each other, as one frame."""

    __slots__ = ("_buffer", "_for_guests", "after", "events", "receipts", "seq")

    def __init__(self, events: Sequence[EventFrame]) -> None:
        """Frame nothing yet; `events` is not empty."""
        self.events = events
        self.after = events[0].seq - 1
        """Sequence number that a reader must have to be given the whole."""
        self.seq = events[-1].seq
        self.receipts: list[tuple[int, str, float]] = []
        """Of critical events: number, receipt, when they were sent."""
        for event in events:
            if event.receipt is not None:
                self.receipts.append((event.seq, event.receipt, time.monotonic()))
        self._buffer: bytes | None = None
        self._for_guests: Batch | None = None

    @property
    def for_guests(self) -> "Batch":
        """The same events as guests read them: made once, for the first of them."""
        if self._for_guests is None:
            self._for_guests = Batch([event.for_guests for event in self.events])
        return self._for_guests

    @property
    def text(self) -> str:
        """Text of the `ev` or `evs` frame."""
        if len(self.events) == 1:
            return self.events[0].after(self.after)
        return batch_text([event.member(event.seq - 1) for event in self.events])

    @property
    def buffer(self) -> bytes:
        """The text, as one WebSocket frame: made once, for all sockets."""
        if self._buffer is None:
            self._buffer = text_frame(self.text)
        return self._buffer


class Listener(Protocol):
    """A subscription, as the feed sees it."""

    def deliver(self, batch: Batch) -> None:
        """Take events, in order; must not block."""

    def deliver_latest(self, key: str, text: str) -> None:
        """Take a frame outside the order."""

    def lose(self) -> None:
        """Learn that the feed cannot go on without a gap."""

    def renew(self) -> None:
        """Send a fresh snapshot in the place of what was sent so far."""


def fan_out(listeners: Iterable[Listener], events: Sequence[EventFrame]) -> None:
    """Give every listener the events, which follow each other."""
    # A copy: a listener may leave when it is too slow.
    everybody = tuple(listeners)
    for batch in _batches(events) if len(events) > 1 else (Batch(events),):
        for listener in everybody:
            listener.deliver(batch)


def _batches(events: Sequence[EventFrame]) -> Iterable[Batch]:
    start = taken = 0
    for end, event in enumerate(events):
        if taken > BATCH_BYTES:
            yield Batch(events[start:end])
            start, taken = end, 0
        taken += len(event.body)
    yield Batch(events[start:])
