"""Who learns of a fact, and what each topic's snapshot holds: registries the apps fill."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.events.facts import Fact, Row


Audience = Callable[[Fact], Sequence[Row]]
SnapshotSource = Callable[[UUID, datetime], Sequence[Row]]
Change = tuple[Fact, Row]
Follower = Callable[[Sequence[Change]], None]

_audiences: Final[dict[str, Audience]] = {}
_snapshots: Final[dict[str, list[SnapshotSource]]] = {}
_followers: Final[list[Follower]] = []


def audience(subject_kind: str) -> Callable[[Audience], Audience]:
    """Register who sees facts about `subject_kind`; called once, inside the fact's transaction."""

    def register(function: Audience) -> Audience:
        _audiences[subject_kind] = function
        return function

    return register


def snapshot_source(topic_kind: str) -> Callable[[SnapshotSource], SnapshotSource]:
    """Register a source of snapshot rows for topics `topic_kind:<uuid>`; several may add up."""

    def register(function: SnapshotSource) -> SnapshotSource:
        _snapshots.setdefault(topic_kind, []).append(function)
        return function

    return register


def follows_changes(function: Follower) -> Follower:
    """Register who is handed all that a transaction changed for anybody, at its very end.

    It may write rows of its own, and neither record facts nor change what audiences see.
    """
    _followers.append(function)
    return function


def tell_followers(changes: Sequence[Change]) -> None:
    """Hand `changes` to every follower."""
    for follower in _followers:
        follower(changes)


def rows_for(fact: Fact) -> Sequence[Row]:
    """Rows that change for each audience because of `fact`; empty when nobody watches it."""
    source = _audiences.get(fact.subject.kind)
    return source(fact) if source else ()


def snapshot_rows(topic_kind: str, subject_id: UUID, now: datetime) -> list[Row]:
    """All rows a newcomer to the topic must see; call it inside a read snapshot."""
    rows: list[Row] = []
    for source in _snapshots.get(topic_kind, ()):
        rows.extend(source(subject_id, now))
    return rows
