"""Topics: what somebody may listen to, written `kind:<uuid>`."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from core.errors import NotFound


class TopicKind(StrEnum):
    """Whose view a topic is."""

    MERCHANT = "merchant"  # order board of one shop
    ORDER = "order"  # tracking of one order
    COURIER = "courier"  # offers and legs of one courier
    USER = "user"  # inbox of one person
    ZONE = "zone"  # operators' console; not sequenced


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic."""

    kind: TopicKind
    id: UUID

    def __str__(self) -> str:
        """Name on the wire."""
        return f"{self.kind.value}:{self.id}"

    @property
    def is_sequenced(self) -> bool:
        """Whether it has a stream; without one it has no position and nothing to resume."""
        return self.kind is not TopicKind.ZONE


def parse_topic(text: str) -> Topic:
    """Read a topic in its one canonical spelling.

    :raises core.errors.NotFound: for anything else; the answer never tells what is wrong.
    """
    kind, _, subject_id = text.partition(":")
    try:
        topic = Topic(TopicKind(kind), UUID(subject_id))
    except ValueError:
        raise NotFound from None
    if str(topic) != text:
        raise NotFound
    return topic
