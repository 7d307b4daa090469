"""One topic as this process has it: its newest events in a ring, and who listens."""

import sys
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from realtime.event_frames import EventFrame
from realtime.fan_out import Listener, fan_out
from realtime.resume import Stretch


RING_EVENTS: Final = 256
EARLY_LIMIT: Final = 1000
"""Events kept beyond a gap; the database has them all, so more would only cost memory."""


class Feed:
    """Events of one topic in order, without gap and without repetition.

    `offer_all` takes what the bell and the database say, in any order and more than once. Until
    `open` has named the position, everything offered waits.
    """

    __slots__ = ("early", "epoch", "expected", "is_open", "last", "left_at", "listeners",
                 "picture", "ring", "topic")  # fmt: skip

    def __init__(self, topic: str) -> None:
        """Start closed."""
        self.topic = topic
        self.epoch = ""
        self.last = 0
        self.expected = 0
        """Highest sequence number known to exist."""
        self.is_open = False
        self.ring: deque[EventFrame] = deque(maxlen=RING_EVENTS)
        self.early: dict[int, str] = {}
        self.listeners: dict[Listener, None] = {}
        self.picture: dict[str, str] = {}
        """What a topic without sequence shows: the newest frame of each key."""
        self.left_at = time.monotonic()
        """When the last listener left; a new feed waits for its first one just as long."""

    def open(self, epoch: str, head: int) -> None:
        """Begin at `head` of `epoch`."""
        self.epoch = sys.intern(epoch)
        self.last = head
        self.is_open = True
        self.early = {seq: body for seq, body in self.early.items() if seq > head}
        if arrived := self._arrived():
            fan_out(self.listeners, arrived)

    def offer(self, seq: int, body: str) -> None:
        """Take one entry."""
        self.offer_all(((seq, body),))

    def offer_all(self, entries: Iterable[tuple[int, str]]) -> None:
        """Take entries: what comes next is delivered, an old one dropped, a later one kept."""
        fresh: list[EventFrame] = []
        for seq, body in entries:
            self.expected = max(self.expected, seq)
            if self.is_open and seq == self.last + 1:
                fresh.append(self._append(seq, body))
                if self.early:
                    fresh += self._arrived()
            elif (seq > self.last or not self.is_open) and len(self.early) < EARLY_LIMIT:
                self.early[seq] = body
        if fresh:
            fan_out(self.listeners, fresh)

    @property
    def is_behind(self) -> bool:
        """Whether entries exist that have not come."""
        return self.is_open and self.expected > self.last

    @property
    def stretch(self) -> Stretch:
        """What the ring still holds of the stream."""
        floor = self.ring[0].seq - 1 if self.ring else self.last
        return Stretch(epoch=self.epoch, head=self.last, floor=floor)

    @property
    def is_full(self) -> bool:
        """Whether the ring reaches back as far as a ring does."""
        return self.stretch.floor <= max(self.last - RING_EVENTS, 0)

    def covers(self, seq: int) -> bool:
        """Whether everything after `seq` that this process knows of is in the ring."""
        return seq >= self.stretch.floor

    def after(self, seq: int) -> list[EventFrame]:
        """Events after `seq` from the ring, which must cover it."""
        count = min(self.last - seq, len(self.ring))
        if count <= 0:
            return []
        return (
            list(self.ring)
            if count == len(self.ring)
            else [self.ring[index] for index in range(-count, 0)]
        )

    def refill(self, entries: Sequence[tuple[int, str]]) -> None:
        """Take older entries, oldest first, as far as they join the ring and it has room."""
        for seq, body in reversed(entries):
            if len(self.ring) < RING_EVENTS and seq == self.stretch.floor:
                self.ring.appendleft(EventFrame(self.topic, seq, body))

    def show(self, key: str, text: str) -> None:
        """Send everybody a frame outside the order."""
        for listener in tuple(self.listeners):
            listener.deliver_latest(key, text)

    def show_picture(self, picture: dict[str, str]) -> None:
        """Take the whole new picture, and send everybody the frames that have changed."""
        before, self.picture = self.picture, picture
        for key, text in picture.items():
            if before.get(key) != text:
                self.show(key, text)

    def renew(self) -> int:
        """Let everybody be sent a fresh snapshot; return how many they are."""
        listeners = tuple(self.listeners)
        for listener in listeners:
            listener.renew()
        return len(listeners)

    def lose(self) -> None:
        """Tell everybody that the feed cannot go on."""
        for listener in tuple(self.listeners):
            listener.lose()

    def _append(self, seq: int, body: str) -> EventFrame:
        event = EventFrame(self.topic, seq, body)
        self.last = seq
        self.ring.append(event)
        return event

    def _arrived(self) -> list[EventFrame]:
        """Append what waited for its predecessors and need wait no more."""
        found = []
        while (body := self.early.pop(self.last + 1, None)) is not None:
            found.append(self._append(self.last + 1, body))
        if self.early and min(self.early) <= self.last:
            self.early = {seq: body for seq, body in self.early.items() if seq > self.last}
        return found
