"""One session's place in one topic: how it joins without a gap, and what it is sent then.

Joining needs no buffer: the feed's ring keeps what is published while the snapshot or the
replay goes out, and the subscription goes live in the same step in which it has caught up. A
reader so slow that the ring has moved on is fed from the database until it has caught up, page by
page: while it reads, nothing is held for it but its position.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

import structlog
from django.db import DatabaseError

from realtime.codes import POSITION_UNKNOWN
from realtime.event_frames import EventFrame
from realtime.fan_out import Batch
from realtime.feeds import RING_EVENTS, Feed
from realtime.history import History
from realtime.outbox import Outbox
from realtime.protocol import Position, Sub, Subd, encode
from realtime.resume import Recovered, resume
from realtime.snapshots import SnapshotCache, SnapshotFrames
from realtime.spacing import POSITION_SECONDS, Spacing
from realtime.tally import tally
from realtime.topics import TopicKind, parse_topic


log = structlog.get_logger(__name__)

ORDERS: Final = f"{TopicKind.ORDER}:"
"""How the names of topics begin that show where a courier is."""


class Viewer(Protocol):
    """A session, as its subscriptions see it."""

    outbox: Outbox

    @property
    def person_key(self) -> str:
        """Whose it is."""

    @property
    def spacing(self) -> Spacing:
        """When others of theirs were shown a position."""

    @property
    def snapshots(self) -> SnapshotCache:
        """Where snapshots come from."""

    @property
    def history(self) -> History:
        """Where events come from that the ring does not hold."""

    def close(self, code: int) -> None:
        """Close the connection."""

    def later(self, request: Callable[[], Awaitable[None]]) -> None:
        """Do something in turn with what the peer asks for."""


class Subscription:
    """What one session gets of one feed."""

    __slots__ = ("_live", "_outbox", "_positioned_at", "_spacing", "_viewer", "feed", "last",
                 "receipts", "written")  # fmt: skip

    def __init__(self, viewer: Viewer, feed: Feed) -> None:
        """Listen, and deliver nothing until `join` or `watch` has answered."""
        self._viewer = viewer
        self._outbox = viewer.outbox
        self._live = False
        self._positioned_at = 0.0
        self._spacing = POSITION_SECONDS
        self.feed = feed
        self.last = 0
        """Sequence number of the newest event given to the outbox."""
        self.written = -1
        """Position of a peer that has all that was handed to the transport; -1: none yet."""
        self.receipts: deque[tuple[int, str, float]] = deque()
        """Critical events sent and not yet acknowledged: number, receipt, when."""
        feed.listeners[self] = None

    @property
    def has_position(self) -> bool:
        """Whether the peer stands somewhere: not before a snapshot is whole."""
        return self.written >= 0

    @property
    def _shows_positions(self) -> bool:
        """Whether a courier's places come with it, spaced out."""
        return self.feed.topic.startswith(ORDERS)

    async def join(self, frame: Sub) -> None:
        """Answer `sub`: recover or send a snapshot, catch up, go live.

        :raises realtime.outbox.OutboxClosed: the socket closed meanwhile.
        """
        if self._shows_positions:
            self._positioned_at = self._viewer.spacing.join(
                self._viewer.person_key, self.feed.topic, is_resumed=frame.since is not None
            )
        since = frame.since
        head = await self._recoverable(since)
        if since is None or head is None:
            tally.snapshot_count += 1
            await self._send_snapshot(frame)
        else:
            tally.recovered_count += 1
            self.last = self.written = since.seq
            self._answer(frame, head, count=head - since.seq)
            await self._send_up_to(head)
        await self._catch_up()

    def watch(self, frame: Sub) -> None:
        """Answer `sub` for a feed without sequence: its picture, then whatever changes of it."""
        self._spacing = 0.0
        self._answer(frame, 0, count=None)
        self._live = True
        self._show_picture()

    def _show_picture(self) -> None:
        for key, text in self.feed.picture.items():
            self._outbox.write_latest(key, text)

    def leave(self) -> None:
        """Listen no more."""
        self._live = False
        if self._shows_positions:
            viewer = self._viewer
            viewer.spacing.leave(viewer.person_key, self.feed.topic, self._positioned_at)
        self.feed.listeners.pop(self, None)
        if not self.feed.listeners:
            self.feed.left_at = time.monotonic()

    def deliver(self, batch: Batch) -> None:
        """Send live events, but for those that the snapshot or the replay was ahead with."""
        if self._live and self.last == batch.after:
            self.last = batch.seq
            if batch.receipts:
                self.receipts.extend(batch.receipts)
            self._outbox.write_batch(self, batch)
        elif self._live and self.last < batch.seq:
            rest = Batch([event for event in batch.events if event.seq > self.last])
            Subscription.deliver(self, rest)  # a guest's are in their form by now

    def deliver_latest(self, key: str, text: str) -> None:
        """Send a frame outside the order, unless the last one was a moment ago."""
        now = time.monotonic()
        if self._live and now - self._positioned_at >= self._spacing:
            self._positioned_at = now
            self._outbox.write_latest(key, text)

    def lose(self) -> None:
        """Close: the client comes back, and gets a snapshot."""
        self._viewer.close(POSITION_UNKNOWN)

    def renew(self) -> None:
        """Send a fresh snapshot, once what the peer has asked for is done."""
        self._viewer.later(self._renew)

    def acknowledged(self, seq: int) -> list[str]:
        """Receipts of the critical events up to `seq`, each once."""
        found = []
        while self.receipts and self.receipts[0][0] <= seq:
            _, receipt, sent_at = self.receipts.popleft()
            tally.receipts.observe(time.monotonic() - sent_at)
            found.append(receipt)
        return found

    async def _renew(self) -> None:
        if not self._live:
            return
        if not parse_topic(self.feed.topic).is_sequenced:
            self._show_picture()
            return
        self._live = False
        try:
            snapshot = await self._viewer.snapshots.get(self.feed)
        except DatabaseError:
            self.lose()
            return
        # Nothing of ours may wait: its `p` would be reckoned from the new position.
        await self._viewer.outbox.room()
        self.last = snapshot.seq
        await self._send_parts(snapshot)
        await self._catch_up()

    async def _recoverable(self, since: Position | None) -> int | None:
        """Up to where everything after `since` can be sent; None: it cannot be whole."""
        feed, history = self.feed, self._viewer.history
        if since is None or since.epoch != feed.epoch:
            return None
        if not isinstance(resume(since, feed.stretch), Recovered):
            if 0 < feed.last - since.seq <= RING_EVENTS:
                await history.fill(feed)
            if not isinstance(resume(since, feed.stretch), Recovered):
                stretch = await history.stretch(feed.topic)
                recoverable = isinstance(resume(since, stretch), Recovered)
                return stretch.head if recoverable else None
        return feed.last

    async def _send_snapshot(self, frame: Sub) -> None:
        outbox = self._outbox
        snapshot = await self._viewer.snapshots.get(self.feed)
        self.last = snapshot.seq
        await outbox.room()
        self._answer(frame, snapshot.seq, count=None)
        await self._send_parts(snapshot)

    async def _send_parts(self, snapshot: SnapshotFrames) -> None:
        outbox = self._viewer.outbox
        *parts, end = snapshot.frames
        for text in parts:
            await outbox.room()
            outbox.write(text)
        await outbox.room()
        # Only its last part makes a snapshot a position.
        self.written = snapshot.seq
        outbox.write(end)

    def _answer(self, frame: Sub, seq: int, *, count: int | None) -> None:
        answer = Subd(
            id=frame.id,
            topic=frame.topic,
            epoch=self.feed.epoch,
            seq=seq,
            recovered=count is not None,
            count=count or 0,
        )
        self._outbox.write(encode(answer))

    async def _catch_up(self) -> None:
        while self.last < self.feed.last:
            await self._send_up_to(self.feed.last)
        self._live = True

    async def _send_up_to(self, seq: int) -> None:
        """Send what comes next at the reader's pace; nothing of it is held while they read."""
        while self.last < seq:
            await self._outbox.room()
            events = await self._next()
            if not events or events[0].seq != self.last + 1:
                log.warning("subscription.lost", topic=self.feed.topic, seq=self.last)
                self.lose()
            self._send(events)
            del events

    async def _next(self) -> Sequence[EventFrame]:
        """Some of the events after the last one; none when they cannot be had."""
        feed = self.feed
        if self.last < feed.last and feed.covers(self.last):
            return feed.after(self.last)
        try:
            return await self._viewer.history.page(feed, after=self.last)
        except DatabaseError:
            log.warning("subscription.unread", topic=feed.topic, exc_info=True)
            return ()

    def _send(self, events: Sequence[EventFrame]) -> None:
        """Send as many as the reader takes now."""
        outbox = self._outbox
        for event in events:
            if not outbox.direct:
                return
            self.last = event.seq
            if event.receipt is not None:
                self.receipts.append((event.seq, event.receipt, time.monotonic()))
            outbox.write_event(self, event)
