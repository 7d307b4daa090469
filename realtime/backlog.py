"""Frames that wait for a slow reader: in order, bounded, and coalesced before anything is lost."""

from collections import deque
from dataclasses import dataclass
from typing import Protocol, assert_never

from realtime.event_frames import EventFrame, batch_text
from realtime.fan_out import BATCH_BYTES


class Reader(Protocol):
    """A subscription, as the sending side sees it."""

    written: int
    """Sequence number of the last event handed to the transport."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A frame that must be sent."""

    text: str


@dataclass(frozen=True, slots=True)
class Latest:
    """A frame that a newer one of the same key makes worthless."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Due:
    """An event for one subscription; its text depends on what that one got before."""

    reader: Reader
    event: EventFrame


Item = Plain | Latest | Due


class Backlog:
    """What waits, and how many bytes it is."""

    __slots__ = ("_items", "size")

    def __init__(self) -> None:
        """Start empty."""
        self._items: deque[Item] = deque()
        self.size = 0

    def __bool__(self) -> bool:
        return bool(self._items)

    def add(self, item: Item) -> None:
        """Put a frame at the end, in the place of one that it makes worthless."""
        if isinstance(item, Latest):
            self._drop(item.key)
        self._items.append(item)
        self.size += _size(item)

    def _drop(self, key: str) -> None:
        for position, item in enumerate(self._items):
            if isinstance(item, Latest) and item.key == key:
                del self._items[position]
                self.size -= _size(item)
                return

    def clear(self) -> None:
        """Forget everything."""
        self._items.clear()
        self.size = 0

    def coalesce(self) -> None:
        """Keep the newest event of each key, every critical one, and the newest of the rest."""
        kept: deque[Item] = deque()
        newer: set[tuple[str, str]] = set()
        for item in reversed(self._items):
            name = _name(item)
            if name is None or name not in newer or _is_critical(item):
                kept.appendleft(item)
            if name is not None:
                newer.add(name)
        self._items = kept
        self.size = sum(map(_size, kept))

    def take(self) -> str:
        """Remove the next frame: several events in one, where they follow each other."""
        item = self._items.popleft()
        self.size -= _size(item)
        if not isinstance(item, Due):
            return item.text
        members = [_member(item)]
        taken = item.event.size
        while taken < BATCH_BYTES and self._items and isinstance(due := self._items[0], Due):
            self._items.popleft()
            self.size -= due.event.size
            taken += due.event.size
            members.append(_member(due))
        return batch_text(members) if len(members) > 1 else f'{{"t":"ev",{members[0][1:]}'


def _member(due: Due) -> str:
    previous, due.reader.written = due.reader.written, due.event.seq
    return due.event.member(previous)


def _name(item: Item) -> tuple[str, str] | None:
    match item:
        case Plain():
            return None
        case Latest():
            return "", item.key
        case Due():
            return item.event.topic, item.event.key
    assert_never(item)


def _is_critical(item: Item) -> bool:
    return isinstance(item, Due) and item.event.receipt is not None


def _size(item: Item) -> int:
    return item.event.size if isinstance(item, Due) else len(item.text.encode())
