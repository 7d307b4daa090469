"""What somebody who comes back has missed, when the ring does not hold it: reads of the past.

After a restart every ring is empty and everybody comes back at once, most of them with nothing
missed, some a little behind. The first of a topic has its ring filled by one read; all the others
are served from it. Who is further behind is fed page by page, as fast as they read: pages are
read once for all who want them at the same time, and only so many are kept.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from sys import getsizeof
from typing import Final, NamedTuple

from core.events.heads import get_bounds
from core.events.queries import Entry, get_entries, get_epoch
from realtime.batches import BatchedReads
from realtime.database import in_database
from realtime.event_frames import EventFrame
from realtime.feeds import RING_EVENTS, Feed
from realtime.resume import Stretch


PAGE_EVENTS: Final = 100
"""About what a socket's buffer takes at once."""
KEPT_BYTES: Final = 8 * 1024 * 1024
"""Memory of one process for pages: some 100 of them."""
EVENT_BYTES: Final = 300
"""What an event takes beside its text."""


class Place(NamedTuple):
    """Which page: the events that follow `start`, a multiple of `PAGE_EVENTS`."""

    epoch: str
    topic: str
    start: int


class History:
    """The stream entries in the database, as one process asks for them."""

    def __init__(self, *, limit: int = KEPT_BYTES) -> None:
        """Read nothing yet; keep at most `limit` bytes of pages, the most recently used ones."""
        self._filling: dict[str, asyncio.Task[None]] = {}
        self._stretches = BatchedReads[str, Stretch](
            lambda topics: in_database(_read_stretches, topics)
        )
        self._reading: dict[Place, asyncio.Task[Sequence[EventFrame]]] = {}
        self._pages: OrderedDict[Place, Sequence[EventFrame]] = OrderedDict()
        self._limit = limit
        self.size = 0
        """Bytes of the pages that are kept."""
        self.read_count = 0
        """Reads of stream entries so far, for metrics."""

    async def fill(self, feed: Feed) -> None:
        """Put what came before the feed's ring into it, as far as it has room; once for all."""
        task = self._filling.get(feed.topic)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._fill(feed))
            self._filling[feed.topic] = task
        # A waiter that leaves must not take the others' ring along.
        await asyncio.shield(task)

    async def stretch(self, topic: str) -> Stretch:
        """What the database holds of the stream; one statement for all who ask."""
        return await self._stretches.get(topic) or Stretch(epoch="", head=0, floor=0)

    async def page(self, feed: Feed, *, after: int) -> Sequence[EventFrame]:
        """The next events after `after`, to the end of their page; none: they are not there.

        Whoever waits for a slow reader should hold no page meanwhile, and ask again.
        """
        place = Place(feed.epoch, feed.topic, after - after % PAGE_EVENTS)
        page = self._pages.get(place, ())
        if page and page[-1].seq > after:
            self._pages.move_to_end(place)
        else:
            task = self._reading.get(place)
            if task is None:
                task = asyncio.get_running_loop().create_task(self._read(place))
                self._reading[place] = task
            page = await asyncio.shield(task)
        return [event for event in page if event.seq > after]

    async def _fill(self, feed: Feed) -> None:
        try:
            self.read_count += 1
            after = max(feed.last - RING_EVENTS, 0)
            limit = feed.stretch.floor - after
            epoch, entries = await in_database(_read_tail, feed.topic, after=after, limit=limit)
            if epoch == feed.epoch:
                feed.refill([(entry.seq, entry.body) for entry in entries])
        finally:
            del self._filling[feed.topic]

    async def _read(self, place: Place) -> Sequence[EventFrame]:
        try:
            self.read_count += 1
            epoch, entries = await in_database(
                _read_tail, place.topic, after=place.start, limit=PAGE_EVENTS
            )
            if epoch != place.epoch:
                return ()
            end = place.start + PAGE_EVENTS
            page = [
                EventFrame(place.topic, each.seq, each.body) for each in entries if each.seq <= end
            ]
            self._keep(place, page)
            return page
        finally:
            del self._reading[place]

    def _keep(self, place: Place, page: Sequence[EventFrame]) -> None:
        self.size -= _size(self._pages.pop(place, ()))
        self._pages[place] = page
        self.size += _size(page)
        while self.size > self._limit:
            _, forgotten = self._pages.popitem(last=False)
            self.size -= _size(forgotten)


def _size(page: Sequence[EventFrame]) -> int:
    return sum(getsizeof(event.body) + EVENT_BYTES for event in page)


def _read_stretches(topics: Sequence[str]) -> dict[str, Stretch]:
    epoch, bounds = get_epoch(), get_bounds(topics)
    return {
        topic: Stretch(epoch=epoch, head=head, floor=floor)
        for topic, (head, floor) in bounds.items()
    }


def _read_tail(topic: str, *, after: int, limit: int) -> tuple[str, list[Entry]]:
    return get_epoch(), get_entries(topic, after=after, limit=limit)
