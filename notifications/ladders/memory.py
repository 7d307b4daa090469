"""What every process knows of the ladders: read before transactions begin, never within one.

A process that makes notices compares the edition at most once in `FRESH_SECONDS`, by one
statement on a primary key; only when it has changed are the ladders read again. So a transition
costs no statement, and a change counts everywhere within seconds, whatever becomes of any bell.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from core.events.work import before_begin
from notifications.escalation import Contacts, Policy
from notifications.ladders.models import ONLY, Ladder, LadderEdition
from notifications.ladders.scopes import scope_of, scopes_of
from notifications.ladders.steps import climbing, read_steps
from notifications.policies import NoticeKind
from notifications.preferences.policy import Key, also_sent


FRESH_SECONDS: Final = 2.0
"""Real seconds that a process trusts its memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The ladders as of one edition, by scope."""

    token: str | None = None
    """None before anything was read; empty while no operator has set anything."""
    ladders: Mapping[str, Policy] = field(default_factory=lambda: MappingProxyType({}))
    keys: frozenset[Key] = frozenset()


class LadderMemory:
    """One process's memory; any thread may ask."""

    def __init__(self) -> None:
        self._known = Known()
        self._read_at = float("-inf")
        self._generation = 0
        self._reading = threading.Lock()

    def refresh(self) -> None:
        """Look for another edition unless that was done a moment ago."""
        if time.monotonic() - self._read_at < FRESH_SECONDS:
            return
        # While one thread looks, the others go on with what is known; the first ever must wait.
        if not self._reading.acquire(blocking=self._known.token is None):
            return
        try:
            self._read()
        finally:
            self._reading.release()

    def forget(self) -> None:
        """Trust nothing any more: something has changed, or another database is asked."""
        self._generation += 1
        self._read_at = float("-inf")

    def _read(self) -> None:
        generation, began_at = self._generation, time.monotonic()
        # Before the ladders: those read may be newer than their token, and are then read again.
        editions = LadderEdition.objects.filter(pk=ONLY).values_list("token", flat=True)
        token = editions.first() or ""
        if token != self._known.token:
            self._known = _read_ladders(token) if token else Known(token=token)
        if generation == self._generation:
            self._read_at = began_at

    def ladder_of(self, kind: NoticeKind, *, topic: str) -> tuple[Policy, str]:
        """Return the steps that a new notice climbs, and what `Notice.ladder` keeps of them."""
        known = self._known.ladders
        if known:
            for scope in scopes_of(kind, topic=topic):
                found = known.get(scope.key)
                if found is not None:
                    return climbing(kind, found.steps, name=found.name), found.name
        return kind.policy, ""

    def keys(self) -> frozenset[Key]:
        """Return role, category and channel of every step that is set, for anybody."""
        return self._known.keys


def _read_ladders(token: str) -> Known:
    ladders: dict[str, Policy] = {}
    keys: set[Key] = set()
    for row in Ladder.objects.filter(steps__isnull=False):
        steps = read_steps(row.steps or ())
        name = f"{row.scope}#{row.version}"
        ladders[row.scope] = Policy(name=name, needs_act=True, steps=steps)
        for kind in scope_of(row.scope).kinds:
            own = climbing(kind, steps, name=name).steps
            keys |= {
                (kind.role, kind.category, step.channel)
                for step in own
                if step.contacts is not Contacts.SHARED
            }
    return Known(token=token, ladders=MappingProxyType(ladders), keys=frozenset(keys))


memory: Final = LadderMemory()


@also_sent
def channels_beyond() -> frozenset[Key]:
    """Say through which channels operators let people be told beside those of themselves."""
    return memory.keys()


@before_begin
def keep_fresh() -> None:
    """See that this process knows what operators have set."""
    memory.refresh()
