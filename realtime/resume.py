"""Whether somebody who comes back can be given what they missed, or needs a snapshot."""

from dataclasses import dataclass

from realtime.protocol import Position


REPLAY_LIMIT = 1000
"""Events up to which a replay is cheaper than a snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What is left of a stream: entries `floor + 1` to `head` of `epoch`."""

    epoch: str
    head: int
    floor: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """Everything after `after` can be sent: nothing is missing, nothing comes twice."""

    after: int


@dataclass(frozen=True, slots=True)
class SnapshotNeeded:
    """A part of what was missed is gone, or the position is not of this stream."""

    reason: str


def resume(since: Position | None, stretch: Stretch) -> Recovered | SnapshotNeeded:
    """Decide; there is never a partial recovery."""
    if since is None:
        return SnapshotNeeded("asked")
    if since.epoch != stretch.epoch:
        return SnapshotNeeded("other epoch")
    if since.seq > stretch.head:
        return SnapshotNeeded("future")
    if since.seq < stretch.floor:
        return SnapshotNeeded("removed")
    if stretch.head - since.seq > REPLAY_LIMIT:
        return SnapshotNeeded("too far behind")
    return Recovered(since.seq)
