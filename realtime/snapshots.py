"""Snapshots as frames: a topic's rows, read at one moment and cut into parts of 64 KiB."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from core import clock
from core.events.queries import Snapshot, get_snapshot
from core.events.streams import encode
from realtime.database import in_database
from realtime.protocol import FRAME_BYTES


ENVELOPE_BYTES = 256
"""Room left for what surrounds the rows."""


class SnapshotFrames(NamedTuple):
    """The `snap` frames of a topic as of `seq`."""

    epoch: str
    seq: int
    frames: tuple[str, ...]


def get_snapshot_frames(topic: str, *, now: datetime) -> SnapshotFrames:
    """Read the topic and encode it."""
    snapshot = get_snapshot(topic, now=now)
    return SnapshotFrames(snapshot.epoch, snapshot.seq, cut(topic, snapshot))


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


class SnapshotReads:
    """Reads each topic once for everybody who waits for it at that moment."""

    def __init__(self) -> None:
        """Read nothing yet."""
        self._reading: dict[str, asyncio.Task[SnapshotFrames]] = {}

    async def get(self, topic: str) -> SnapshotFrames:
        """Return the topic's snapshot; it may be as old as a read that is in flight."""
        task = self._reading.get(topic)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._read(topic))
            self._reading[topic] = task
        # A waiter that leaves must not take the others' snapshot along.
        return await asyncio.shield(task)

    async def _read(self, topic: str) -> SnapshotFrames:
        try:
            return await in_database(get_snapshot_frames, topic, now=clock.now())
        finally:
            del self._reading[topic]
