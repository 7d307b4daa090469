"""Finds revocations that the bus has lost: a small read every two seconds.

Whoever loses a right gets a mark in their row. A session knows the mark its person had when they
were let in; a newer one ends it. Comparing marks needs no clock to agree, and reading those of
the last minutes costs the same whether one person is connected or ten thousand.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from django.db import DatabaseError, InterfaceError

from core.clock import real_now
from core.people.sockets import get_revocations
from realtime.codes import REVOKED
from realtime.database import in_database


log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 2.0
OVERLAP: Final = timedelta(minutes=5)
"""How long a mark may take from its clock to its COMMIT, plus how far two clocks may differ."""


class Revocable(Protocol):
    """A session, as revocations see it."""

    @property
    def revoked_at(self) -> datetime | None:
        """The newest mark of its person when they were let in."""

    def close(self, code: int) -> None:
        """Close it."""


class Revocations:
    """Watches over the people who are connected to this process."""

    def __init__(self, people: Mapping[str, Iterable[Revocable]]) -> None:
        """Watch `people`, by the text of their ids, which the hub changes."""
        self._people = people
        self._since = real_now()
        self.found_count = 0
        """Sessions closed that no message had closed, for metrics."""

    async def poll_forever(self) -> None:
        """Look every two seconds while anybody is connected."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.poll()
            except (DatabaseError, InterfaceError):
                log.warning("revocations.poll_failed", exc_info=True)

    async def poll(self) -> None:
        """Close the sessions of those who lost a right since they were let in."""
        at = real_now()
        if self._people:
            marks = await in_database(get_revocations, since=self._since - OVERLAP)
            for person_id, revoked_at in marks.items():
                self._apply(str(person_id), revoked_at)
        self._since = at

    def _apply(self, person_key: str, revoked_at: datetime) -> None:
        for session in tuple(self._people.get(person_key, ())):
            if session.revoked_at is None or session.revoked_at < revoked_at:
                self.found_count += 1
                session.close(REVOKED)
