"""The unit of work: one transaction whose last statements write what everybody must learn.

Usage: `with unit_of_work(now=now, actor=actor) as work: ... work.record(...)`. A unit opened
inside another joins it. At its end, before COMMIT: reactions run (they write rows, they may
record more), each audience's stream head is advanced in sorted topic order, and entries and
events are stored; after COMMIT the bell rings. Gapless, since a rolled-back transaction takes
its numbers back with it; in commit order, since the head's row lock is held until COMMIT.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from core.events.catalogue import EventType
from core.events.facts import Actor, Fact, Subject
from core.events.streams import publish


Reaction = Callable[[Fact, "Work"], None]
Row = TypeVar("Row", bound=Model)
Finisher = TypeVar("Finisher", bound=Callable[["Work"], None])
Opener = TypeVar("Opener", bound=Callable[[], None])

_reactions: Final[dict[str, list[Reaction]]] = {}
_openers: Final[list[Callable[[], None]]] = []
_finishers: Final[list[Callable[["Work"], None]]] = []
_current = threading.local()


@dataclass(slots=True, kw_only=True)
class Work:
    """What one transaction has stated so far."""

    now: datetime
    actor: Actor
    correlation_id: str = ""
    causation_id: UUID | None = None
    facts: list[Fact] = field(default_factory=list)
    loaded: dict[str, Any] = field(default_factory=dict)
    """What audiences have read since the last write, so that many facts read it once."""
    promises: dict[tuple[str, UUID], datetime] = field(default_factory=dict)
    """Deadlines (kind, subject) to be stored together, by whoever reads or ends first."""
    _held: dict[tuple[type[Model], Any], Model] = field(default_factory=dict)
    _wakes: set[str] = field(default_factory=set)
    _reacted_count: int = 0

    def record(
        self,
        kind: EventType,
        *,
        subject: Subject,
        version: int,
        data: Mapping[str, Any] | None = None,
    ) -> Fact:
        """State that something became true; the row it speaks of is already written."""
        fact = Fact(
            type=kind,
            subject=subject,
            version=version,
            occurred_at=self.now,
            actor=self.actor,
            data=data or {},
        )
        self.facts.append(fact)
        return fact

    def hold(self, row: Row) -> Row:
        """Keep a row that this transaction has locked or made, so that nobody reads it again.

        Nobody else can change it before COMMIT; whoever changes it changes this instance.
        """
        held = self._held.setdefault((type(row), row.pk), row)
        assert isinstance(held, type(row))  # noqa: S101  narrows the type; the key says so
        return held

    def wake(self, group: str) -> None:
        """Ring `group` (a wake-up without content) after COMMIT."""
        self._wakes.add(group)

    def react(self) -> None:
        """Run the reactions to what was recorded so far; the end of the unit runs the rest.

        A command that answers with a view calls it first: what it then reads is what the
        audiences will be shown, and is read once for both.
        """
        while self._reacted_count < len(self.facts):
            fact = self.facts[self._reacted_count]
            self._reacted_count += 1
            for reaction in _reactions.get(fact.type.name, ()):
                reaction(fact, self)

    def _settle(self) -> None:
        self.react()
        for finish in _finishers:
            finish(self)
        publish(
            self.facts,
            wakes=self._wakes,
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
        )


def before_end(function: Finisher) -> Finisher:
    """Register what stores the writes a transaction has saved up."""
    _finishers.append(function)
    return function


def before_begin(function: Opener) -> Opener:
    """Register what brings a process's memory of settings up to date, before any lock is taken.

    It runs before each transaction, so it mostly does nothing; it may read, and never writes.
    """
    _openers.append(function)
    return function


def reacts_to(*kinds: EventType) -> Callable[[Reaction], Reaction]:
    """Register a reaction: it runs in the same transaction and writes rows only, never I/O."""

    def register(function: Reaction) -> Reaction:
        for kind in kinds:
            _reactions.setdefault(kind.name, []).append(function)
        return function

    return register


@contextmanager
def unit_of_work(
    *, now: datetime, actor: Actor, correlation_id: str = "", causation_id: UUID | None = None
) -> Iterator[Work]:
    """Open one transaction, or join the one this thread is in.

    A joined unit keeps the outer one's time; facts recorded inside name the inner actor.
    """
    outer: Work | None = getattr(_current, "work", None)
    if outer is not None:
        with _acting_as(outer, actor, correlation_id):
            yield outer
        return
    for prepare in _openers:
        prepare()
    work = Work(now=now, actor=actor, correlation_id=correlation_id, causation_id=causation_id)
    _current.work = work
    try:
        with transaction.atomic():
            yield work
            work._settle()  # noqa: SLF001  the only caller
    finally:
        _current.work = None


@contextmanager
def _acting_as(work: Work, actor: Actor, correlation_id: str) -> Iterator[None]:
    """Record under another actor for a while; a correlation once named stays."""
    before = work.actor
    work.actor = actor
    work.correlation_id = work.correlation_id or correlation_id
    try:
        yield
    finally:
        work.actor = before


def current_work() -> Work | None:
    """Return the unit of work this thread is in, if any."""
    outer: Work | None = getattr(_current, "work", None)
    return outer


def get_held(model: type[Row], key: Any) -> Row | None:
    """Return the row that this thread's unit of work holds, if it does."""
    work = current_work()
    row = work._held.get((model, key)) if work else None  # noqa: SLF001  the same module
    return row if isinstance(row, model) else None


def subscribed_types() -> frozenset[str]:
    """Names of the event types that have at least one reaction."""
    return frozenset(_reactions)
