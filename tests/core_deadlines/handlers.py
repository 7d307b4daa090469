"""Deadline kinds that only tests have."""

import threading
from uuid import UUID

from core.deadlines.registry import deadline_handler
from core.events.work import Work


QUICK, BROKEN, SLOW, TAKEN = "test.quick", "test.broken", "test.slow", "test.taken"
SLOW_SECONDS = 0.01


@deadline_handler(QUICK)
def quick(subject: UUID, work: Work) -> None:
    """Do nothing: the ledger says that it fired."""


@deadline_handler(BROKEN)
def broken(subject: UUID, work: Work) -> None:
    """Fail as a programming error does."""
    message = "broken on purpose"
    raise LookupError(message)


@deadline_handler(SLOW)
def slow(subject: UUID, work: Work) -> None:
    """Hold the transaction open for a moment, so that a kill may hit it."""
    threading.Event().wait(SLOW_SECONDS)


@deadline_handler(TAKEN, lock=lambda _subject: False)
def taken(subject: UUID, work: Work) -> None:
    """Never act: somebody else always holds the subject."""
    message = "the subject was not locked"
    raise AssertionError(message)
