"""Plain values of the event layer: who acted, what was stated, what an audience sees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from core.events.catalogue import EventType
from core.identifiers import new_id


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a change: `type` is customer, merchant, courier, operator, system or provider."""

    type: str
    id: str | None = None
    device: str | None = None
    reason: str = ""
    """Why, in an operator's words: kept in the log of facts, and told to operators alone."""

    def as_json(self) -> dict[str, str]:
        """Shape of the `actor` member of frames."""
        members = {"type": self.type, "id": self.id, "device": self.device}
        return {name: value for name, value in members.items() if value is not None}

    def as_kept(self) -> dict[str, str]:
        """Shape of the `actor` member of the log of facts."""
        return self.as_json() | ({"reason": self.reason} if self.reason else {})


SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The thing a fact is about."""

    kind: str
    id: UUID

    @property
    def key(self) -> str:
        """`kind:<uuid>`: the row key in every audience's view."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One recorded fact, as reactions see it."""

    type: EventType
    subject: Subject
    version: int
    occurred_at: datetime
    actor: Actor
    data: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a topic's snapshot: a thing as that audience sees it.

    `view["open"]` is false once the thing has left the audience's live view; `view["ended_at"]`
    (ISO 8601) then says since when.
    """

    topic: str
    key: str
    version: int
    view: Mapping[str, Any]
