"""Real transactions, interleaved one statement at a time in an order that dice decide.

Each actor is a thread with a connection of its own. It stops before every BEGIN, statement and
COMMIT, and goes on when it is chosen. One that waits for another's row lock is left waiting; it
stops again at its next statement. Only one COMMIT runs at a time, so their order is known.
"""

import queue
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection, connections


PATIENCE_SECONDS: Final = 120.0
"""After so long it hangs."""
WAITS_SECONDS: Final = 0.004
"""A statement that takes longer is taken to wait for a lock; a mistake costs nothing but order."""

BEGIN, COMMIT, STATEMENT, ENDED = "begin", "commit", "statement", "ended"

Deed = Callable[[], object]


@dataclass(slots=True)
class Happened:
    """What became of one deed."""

    result: Any = None
    error: BaseException | None = None
    seen_commits: int = 0
    """How many commits had been made when its last transaction began."""
    commit: int | None = None
    """Number of its last commit, if it made any."""
    statements: int = 0


@dataclass(slots=True)
class Tally:
    """What a run was made of, so that it can be seen to have tried something."""

    deeds: int = 0
    statements: int = 0
    commits: int = 0
    overlaps: int = 0
    """Commits of transactions that began before another's commit."""
    waits: int = 0
    """Statements that waited, most of them for another's lock."""
    errors: Counter[str] = field(default_factory=Counter)


class Actor(threading.Thread):
    """Does one deed after another, a statement whenever it is let."""

    def __init__(self, stage: "Stage") -> None:
        super().__init__(daemon=True)
        self._stage = stage
        self._deeds: queue.SimpleQueue[tuple[Deed, Happened] | None] = queue.SimpleQueue()
        self._may_go = threading.Semaphore(0)
        self.at = ENDED
        self.is_inside = False
        """Whether it has begun a transaction that has not ended."""
        self.happened = Happened()

    def run(self) -> None:
        """Do deeds until there is none."""
        try:
            self._hook()
            while (given := self._deeds.get()) is not None:
                deed, happened = given
                try:
                    with connection.execute_wrapper(self._before_statement):
                        happened.result = deed()
                except BaseException as error:  # noqa: BLE001  handed to the test
                    happened.error = error
                self._pause(ENDED)
        finally:
            connections.close_all()

    def begin(self, deed: Deed) -> Happened:
        """Start the deed; it runs until its first stop."""
        self.happened = Happened()
        self.at = ""
        self._deeds.put((deed, self.happened))
        return self.happened

    def go(self) -> None:
        """Let it go on from where it stopped."""
        self.at = ""
        self._may_go.release()

    def dismiss(self) -> None:
        """Let the thread end."""
        self._deeds.put(None)

    def _hook(self) -> None:
        real: Any = connections["default"]
        begin, commit = real._start_transaction_under_autocommit, real._commit
        rollback = real._rollback

        def beginning() -> None:
            self._pause(BEGIN)
            self._stage.has_begun(self)
            begin()

        def committing() -> None:
            self._pause(COMMIT)
            commit()
            self._stage.has_committed(self)

        def rolling_back() -> None:
            rollback()
            self.is_inside = False

        real._start_transaction_under_autocommit = beginning
        real._commit, real._rollback = committing, rolling_back

    def _before_statement(self, execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        if not sql.startswith(("BEGIN", "START")):
            self._pause(STATEMENT)
        self.happened.statements += 1
        return execute(sql, *more)

    def _pause(self, where: str) -> None:
        self._stage.has_stopped(self, where)
        if where != ENDED and not self._may_go.acquire(timeout=PATIENCE_SECONDS):
            raise TimeoutError(where)


class Stage:
    """Actors, and the dice that say who goes next."""

    def __init__(self, size: int) -> None:
        self._changed = threading.Condition()
        self._actors = [Actor(self) for _ in range(size)]
        self._commits = 0
        self.tally = Tally()
        for actor in self._actors:
            actor.start()

    def close(self) -> None:
        """Let every thread and its connection end."""
        for actor in self._actors:
            actor.dismiss()
        for actor in self._actors:
            actor.join(PATIENCE_SECONDS)

    def play(self, deeds: Mapping[str, Deed], dice: random.Random) -> dict[str, Happened]:
        """Do all deeds at once, interleaved; return what became of each."""
        names = sorted(deeds)
        cast = dict(zip(names, self._actors, strict=False))
        assert len(cast) == len(names), "more deeds than actors"
        happened = {name: actor.begin(deeds[name]) for name, actor in cast.items()}
        playing = list(cast.values())
        self._wait_for(lambda: all(actor.at for actor in playing))
        while not all(actor.at == ENDED for actor in playing):
            if ready := self._ready(playing):
                self._step(dice.choice(ready))
            else:
                # Everybody left waits for a lock, or rests before trying again.
                self._wait_for(lambda: self._can_go_on(playing))
        self._count(happened)
        return happened

    def _ready(self, actors: list[Actor]) -> list[Actor]:
        """Who can go on: on SQLite nobody begins to write while another does."""
        stopped = [each for each in actors if each.at not in {"", ENDED}]
        if connection.vendor != "sqlite":
            return stopped
        is_taken = any(each.is_inside for each in actors)
        return [each for each in stopped if each.at != BEGIN or not is_taken]

    def _can_go_on(self, actors: list[Actor]) -> bool:
        return bool(self._ready(actors)) or all(each.at == ENDED for each in actors)

    def _step(self, actor: Actor) -> None:
        # Nobody waits for a lock in COMMIT, and nobody else may overtake it.
        limit = PATIENCE_SECONDS if actor.at == COMMIT else WAITS_SECONDS
        with self._changed:
            actor.go()
            self._changed.wait_for(lambda: actor.at, limit)
        if not actor.at:
            self.tally.waits += 1

    def _wait_for(self, holds: Callable[[], object]) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, PATIENCE_SECONDS), "everybody waits for ever"

    def has_stopped(self, actor: Actor, where: str) -> None:
        """An actor tells where it stands."""
        with self._changed:
            actor.at = where
            self._changed.notify_all()

    def has_begun(self, actor: Actor) -> None:
        """An actor is about to begin a transaction."""
        actor.is_inside = True
        actor.happened.seen_commits = self._commits

    def has_committed(self, actor: Actor) -> None:
        """An actor's transaction is true now."""
        actor.is_inside = False
        if self._commits > actor.happened.seen_commits:
            self.tally.overlaps += 1
        self._commits += 1
        actor.happened.commit = self._commits

    def _count(self, happened: Mapping[str, Happened]) -> None:
        for each in happened.values():
            self.tally.deeds += 1
            self.tally.statements += each.statements
            self.tally.commits += each.commit is not None
            if each.error is not None:
                self.tally.errors[type(each.error).__name__] += 1


@contextmanager
def staged(size: int) -> Iterator[Stage]:
    """Give a stage with `size` actors for the length of the block."""
    stage = Stage(size)
    try:
        yield stage
    finally:
        stage.close()
