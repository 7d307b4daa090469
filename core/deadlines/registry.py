"""Which handler acts when a deadline of a kind is due, and which row it locks first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Model

from core.events.work import Work


Handler = Callable[[UUID, Work], None]
"""Acts on the subject inside the deadline's transaction; re-checks, since much may have passed."""
Lock = Callable[[UUID], bool]
"""Locks the subject (or its aggregate root) with SKIP LOCKED; false when another holds it."""

WAKE_GROUP: Final = "wake-deadlines"


@dataclass(frozen=True, slots=True)
class DeadlineKind:
    """One kind of deadline."""

    name: str
    handler: Handler
    lock: Lock | None
    of: type[Model] | None
    """Whose row the subject is."""


_kinds: Final[dict[str, DeadlineKind]] = {}


def deadline_handler(
    kind: str, *, lock: Lock | None = None, of: type[Model] | None = None
) -> Callable[[Handler], Handler]:
    """Register the handler of `kind`; `lock` guards the subject before the deadline row.

    The subject is the key of a row of `of`, which outlives the promise.
    """

    def register(function: Handler) -> Handler:
        _kinds[kind] = DeadlineKind(kind, function, lock, of)
        return function

    return register


def kind_of(name: str) -> DeadlineKind | None:
    """Return the registered kind, or nothing for one this version does not know."""
    return _kinds.get(name)


def known_kinds() -> frozenset[str]:
    """Names of all registered kinds."""
    return frozenset(_kinds)


def subjects_of_kinds() -> dict[type[Model], list[str]]:
    """Names of the kinds that speak of rows of each model."""
    kinds: dict[type[Model], list[str]] = {}
    for kind in _kinds.values():
        if kind.of is not None:
            kinds.setdefault(kind.of, []).append(kind.name)
    return kinds
