"""Who a session belongs to: a person, or a guest who holds the share link of one order."""

from dataclasses import dataclass
from uuid import UUID

from core.errors import NotAllowed
from core.people.models import Person


@dataclass(frozen=True, slots=True)
class Known:
    """A person of ours, as they were when they were let in."""

    person: Person

    @property
    def key(self) -> str:
        """What the hub counts and revokes by."""
        return str(self.person.pk)

    @property
    def user(self) -> str:
        """What `welcome` calls them."""
        return self.key


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody without a name who may watch one order until `ends_at` (unix seconds)."""

    order_id: UUID
    ends_at: float

    @property
    def key(self) -> str:
        """What the hub counts by: all guests of an order together."""
        return f"guest:{self.order_id}"

    @property
    def user(self) -> str:
        """Nobody."""
        return ""


Visitor = Known | Guest


class GuestsOnlyWatch(NotAllowed):
    """The holder of a share link tried to do something."""

    title = "A guest may watch, and do nothing."


def actor_of(visitor: Visitor) -> Person:
    """Return the person who acts.

    :raises GuestsOnlyWatch: when it is a guest.
    """
    if isinstance(visitor, Guest):
        raise GuestsOnlyWatch
    return visitor.person
