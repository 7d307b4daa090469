"""Snapshots as frames: a topic's rows, read at one moment and cut into parts of 64 KiB."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from sys import getsizeof
from typing import Final, NamedTuple, Protocol

from core import clock
from core.events.queries import Snapshot, get_snapshot
from core.events.streams import encode
from realtime.database import in_database
from realtime.guest_views import guest_row
from realtime.protocol import FRAME_BYTES


ENVELOPE_BYTES: Final = 256
"""Room left for what surrounds the rows."""
KEPT_BYTES: Final = 16 * 1024 * 1024
"""Memory of one process for snapshots: some 400 boards of 100 orders."""
KEPT_FOR_GUESTS_BYTES: Final = 1024 * 1024
"""The same for guests, who read of single orders only: some 1000 of them."""
KEPT_FOR: Final = timedelta(seconds=30)
"""Business time, like the rule it bounds: what ended leaves a board after 30 minutes."""


class SnapshotFrames(NamedTuple):
    """The `snap` frames of a topic as of `seq`."""

    epoch: str
    seq: int
    frames: tuple[str, ...]


def get_snapshot_frames(topic: str, *, now: datetime) -> SnapshotFrames:
    """Read the topic and encode it."""
    snapshot = get_snapshot(topic, now=now)
    return SnapshotFrames(snapshot.epoch, snapshot.seq, cut(topic, snapshot))


def get_guest_snapshot_frames(topic: str, *, now: datetime) -> SnapshotFrames:
    """Read the topic and encode it as guests read it."""
    snapshot = get_snapshot(topic, now=now)
    rows = tuple(map(guest_row, snapshot.rows))
    frames = cut(topic, Snapshot(snapshot.epoch, snapshot.seq, rows))
    return SnapshotFrames(snapshot.epoch, snapshot.seq, frames)


def cut(topic: str, snapshot: Snapshot) -> tuple[str, ...]:
    """Encode rows and cut them into frames; a row bigger than a frame gets one of its own."""
    parts: list[list[str]] = [[]]
    size = ENVELOPE_BYTES
    for row in snapshot.rows:
        text = encode(row)
        length = len(text.encode()) + 1
        if parts[-1] and size + length > FRAME_BYTES:
            parts.append([])
            size = ENVELOPE_BYTES
        parts[-1].append(text)
        size += length
    head = f'{{"t":"snap","topic":"{topic}","epoch":"{snapshot.epoch}","seq":{snapshot.seq}'
    return tuple(
        f'{head},"part":{number},"last":{"true" if number == len(parts) else "false"},'
        f'"rows":[{",".join(rows)}]}}'
        for number, rows in enumerate(parts, start=1)
    )


class Read(Protocol):
    """Reads a topic's snapshot."""

    def __call__(self, topic: str, *, now: datetime) -> SnapshotFrames:
        """Return it as of `now`."""


class Head(Protocol):
    """What the cache must know of a feed."""

    @property
    def topic(self) -> str:
        """Name of the topic."""

    @property
    def epoch(self) -> str:
        """Epoch the feed is of."""

    @property
    def last(self) -> int:
        """Sequence number of its newest event."""

    @property
    def expected(self) -> int:
        """Highest sequence number known to exist."""


class Kept(NamedTuple):
    """A snapshot that may be given again."""

    snapshot: SnapshotFrames
    read_at: datetime
    size: int


class SnapshotCache:
    """Reads each topic once for everybody, and again only once it has moved on.

    A snapshot is given again while nothing has happened in its topic since, and for `KEPT_FOR` at
    most: what has ended leaves a board by the passing of time alone, without an event.
    """

    def __init__(self, *, read: Read = get_snapshot_frames, limit: int = KEPT_BYTES) -> None:
        """Keep at most `limit` bytes of frames that `read` returns, the most recently used."""
        self._read_frames = read
        self._limit = limit
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._reading: dict[str, asyncio.Task[SnapshotFrames]] = {}
        self.size = 0
        self.hit_count = 0
        self.read_count = 0
        """Snapshots read from the database; with `hit_count` for metrics."""

    async def get(self, feed: Head) -> SnapshotFrames:
        """Return the feed's snapshot; it may be as old as a read that is in flight."""
        kept = self._kept.get(feed.topic)
        if kept is not None and _is_current(kept, feed):
            self.hit_count += 1
            self._kept.move_to_end(feed.topic)
            return kept.snapshot
        task = self._reading.get(feed.topic)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._read(feed.topic))
            self._reading[feed.topic] = task
        # A waiter that leaves must not take the others' snapshot along.
        return await asyncio.shield(task)

    def forget(self, topic: str) -> None:
        """Read the topic anew for whoever asks next."""
        self._drop(topic)

    async def _read(self, topic: str) -> SnapshotFrames:
        self.read_count += 1
        now = clock.now()
        try:
            snapshot = await in_database(self._read_frames, topic, now=now)
            self._keep(topic, snapshot, now)
            return snapshot
        finally:
            del self._reading[topic]

    def _keep(self, topic: str, snapshot: SnapshotFrames, now: datetime) -> None:
        self._drop(topic)
        kept = Kept(snapshot, now, sum(map(getsizeof, snapshot.frames)))
        self._kept[topic] = kept
        self.size += kept.size
        while self.size > self._limit:
            self._drop(next(iter(self._kept)))

    def _drop(self, topic: str) -> None:
        kept = self._kept.pop(topic, None)
        if kept is not None:
            self.size -= kept.size


def _is_current(kept: Kept, feed: Head) -> bool:
    head = max(feed.last, feed.expected)
    same = kept.snapshot.epoch == feed.epoch and kept.snapshot.seq >= head
    return same and timedelta() <= clock.now() - kept.read_at < KEPT_FOR
