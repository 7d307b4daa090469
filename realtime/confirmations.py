"""What somebody has who comes back: a position says that everything up to it has arrived.

An `ack` may be lost in the very cut that made them come back. So the position stands for it: the
critical events up to it that are in the ring are noted as delivered. One reading tells for
hundreds of people what they owe an answer to; most owe none, and then nothing else is asked.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from django.db import DatabaseError

from core import clock
from core.events.catalogue import CATALOGUE
from core.people.models import Person
from notifications.queries import get_undelivered
from notifications.receipts import mark_delivered, portions
from realtime.database import in_database_at_once
from realtime.feeds import Feed
from realtime.history import History


log = structlog.get_logger(__name__)

CRITICAL_KINDS: Final = frozenset[str]().union(*(each.critical_for for each in CATALOGUE.values()))
"""Kinds of topics that may carry what must be acknowledged."""
PEOPLE: Final = 500
"""People asked for in one statement."""
MOST_WAITING: Final = 20_000
"""Beyond so many the oldest is forgotten, and its notice climbs as if the ack were lost."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody has everything of a topic up to `seq`."""

    person: Person
    feed: Feed
    seq: int


class Confirmations:
    """The claims of one process that are not noted yet."""

    def __init__(self, history: History) -> None:
        """Let `history` fill a ring that has yet to be."""
        self._history = history
        self._claims: dict[tuple[UUID, str], Claim] = {}
        self._task: asyncio.Task[None] | None = None

    def claim(self, person: Person, feed: Feed, seq: int) -> None:
        """Note, soon, what a position says; one beyond the head says nothing."""
        if seq > feed.last or feed.topic.partition(":")[0] not in CRITICAL_KINDS:
            return
        self._claims[person.pk, feed.topic] = Claim(person, feed, seq)
        if len(self._claims) > MOST_WAITING:
            del self._claims[next(iter(self._claims))]
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._claims:
                names = list(self._claims)[:PEOPLE]
                await self._confirm([self._claims.pop(name) for name in names])
        finally:
            self._task = None

    async def _confirm(self, claims: Iterable[Claim]) -> None:
        """Note what the claims say, unless the database does not answer: then it was not said."""
        try:
            people = {claim.person.pk for claim in claims}
            owed = await in_database_at_once(get_undelivered, people)
            for claim in claims:
                receipts = owed.get((claim.person.pk, claim.feed.topic))
                if receipts:
                    await self._settle(claim, receipts)
        except DatabaseError:
            log.warning("realtime.confirmation_failed", exc_info=True)

    async def _settle(self, claim: Claim, owed: set[str]) -> None:
        feed = claim.feed
        if not owed <= _receipts(feed, feed.last) and not feed.is_full:
            await self._history.fill(feed)
        for receipts in portions(owed & _receipts(feed, claim.seq)):
            await in_database_at_once(
                mark_delivered, person=claim.person, receipts=receipts, now=clock.now()
            )


def _receipts(feed: Feed, seq: int) -> set[str]:
    """Receipts of the critical events in the ring up to `seq`."""
    return {event.receipt for event in feed.ring if event.receipt and event.seq <= seq}
