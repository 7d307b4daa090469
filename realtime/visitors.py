"""Who a session belongs to: a person, or a guest who holds the share link of one order."""

import sys
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.clock import clock
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
    """Somebody without a name who may watch one order until `ends_at`."""

    order_id: UUID
    ends_at: datetime
    """Business time."""

    @property
    def key(self) -> str:
        """What the hub counts by: all guests of an order together."""
        return f"guest:{self.order_id}"

    @property
    def user(self) -> str:
        """Nobody."""
        return ""


Visitor = Known | Guest


def seconds_left(visitor: Visitor) -> int:
    """How long the visitor may stay at most, in real seconds."""
    if isinstance(visitor, Known):
        return sys.maxsize
    current = clock()
    return max(0, int(current.real_seconds(visitor.ends_at - current.now())))


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
