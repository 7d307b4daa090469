"""What somebody who comes back has missed, when the ring does not hold it: reads of the past.

After a restart every ring is empty and everybody comes back at once, most of them with nothing
missed, some a little behind. The first of a topic has its ring filled by one read; all the others
are served from it.
"""

import asyncio

from core.events.queries import Entry, Replay, get_entries, get_epoch, get_replay
from realtime.database import in_database
from realtime.feeds import RING_EVENTS, Feed
from realtime.resume import REPLAY_LIMIT


class History:
    """The stream entries in the database, as one process asks for them."""

    def __init__(self) -> None:
        """Read nothing yet."""
        self._filling: dict[str, asyncio.Task[None]] = {}
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

    async def replay(self, topic: str, *, after: int) -> Replay:
        """Everything since `after`, when that is whole."""
        self.read_count += 1
        return await in_database(get_replay, topic, after=after, limit=REPLAY_LIMIT)

    async def entries(self, topic: str, *, after: int) -> list[Entry]:
        """The next entries after `after`."""
        self.read_count += 1
        return await in_database(get_entries, topic, after=after)

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


def _read_tail(topic: str, *, after: int, limit: int) -> tuple[str, list[Entry]]:
    return get_epoch(), get_entries(topic, after=after, limit=limit)
