"""What everybody who comes must be asked of the database for, read for many at once.

Ten thousand clients that come back need their person, their right to a topic and the topic's
head: three small answers each, of which one statement can give hundreds. Nothing is kept, so a
right that was taken away is gone for the next one who asks.
"""

from collections.abc import Sequence

from core.errors import NotFound
from core.events.heads import get_heads, list_topics
from core.events.queries import get_epoch
from realtime.batches import BatchedReads
from realtime.database import in_database
from realtime.door import Wish, find_open
from realtime.requests import read_visitors
from realtime.topics import Topic
from realtime.visitors import Visitor


class Arrivals:
    """The batched reads of one hub."""

    def __init__(self) -> None:
        """Read nothing yet."""
        self._visitors = BatchedReads[str, Visitor](
            lambda tickets: in_database(read_visitors, tickets)
        )
        self._rights = BatchedReads[Wish, bool](lambda wishes: in_database(find_open, wishes))
        self._positions = BatchedReads[str, tuple[str, int]](
            lambda topics: in_database(_read_positions, topics)
        )

    async def visitor(self, ticket: str) -> Visitor | None:
        """Whom a fresh ticket stands for, unless they are gone."""
        return await self._visitors.get(ticket)

    async def check_topic(self, visitor: Visitor, topic: Topic) -> None:
        """Let the visitor listen to the topic.

        :raises core.errors.NotFound: when it does not exist or is not theirs.
        """
        if not await self._rights.get(Wish(visitor, topic)):
            raise NotFound

    async def position(self, topic: str) -> tuple[str, int]:
        """Epoch and head of a topic; 0 before its first event."""
        return await self._positions.get(topic) or ("", 0)


def _read_positions(topics: Sequence[str]) -> dict[str, tuple[str, int]]:
    epoch, heads = get_epoch(), get_heads(list_topics(topics))
    return {topic: (epoch, heads.get(topic, 0)) for topic in topics}
