"""What must be true of the whole database at any moment: every app states its rules here.

A rule looks for what breaks it by a query, so that what it holds in memory grows with what is
broken and not with the database. It changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from django.db.models import Q, QuerySet


MOST_LINES: Final = 1_000
"""Lines of one rule; who has more to read does not need them all."""


@dataclass(frozen=True, slots=True)
class Scope:
    """How far back to look: at every live order, and at those created since; None is all."""

    since: datetime | None = None

    def orders(self, prefix: str = "") -> Q:
        """Filter of orders, or with `prefix` (`leg__order__`) of what belongs to them."""
        if self.since is None:
            return Q()
        live = Q(**{f"{prefix}ended_at__isnull": True})
        return live | Q(**{f"{prefix}created_at__gte": self.since})


EVERYTHING: Final = Scope()

Finder = Callable[[Scope], Iterable[str]]
"""Yields a sentence for each thing that breaks the rule."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """One rule: its name, what breaks it in a sentence, and how that is found."""

    name: str
    sentence: str
    find: Finder

    def broken(self, scope: Scope = EVERYTHING) -> list[str]:
        """Return what breaks it, `MOST_LINES` at most."""
        return list(islice(self.find(scope), MOST_LINES))


_invariants: Final[dict[str, Invariant]] = {}


def invariant(function: Finder) -> Finder:
    """Register a rule under the name of its finder, `find_...`; its docstring tells people."""
    name = function.__name__.removeprefix("find_")
    _invariants[name] = Invariant(name, (function.__doc__ or "").strip(), function)
    return function


def get_invariants() -> list[Invariant]:
    """Every registered rule, by name."""
    return [_invariants[name] for name in sorted(_invariants)]


def find_broken(scope: Scope = EVERYTHING) -> list[str]:
    """Return what breaks any rule, each line with the rule's name before it."""
    return [f"{rule.name}: {line}" for rule in get_invariants() for line in rule.broken(scope)]


def told(rows: QuerySet[Any], sentence: str, *columns: str) -> Iterator[str]:
    """Fill the sentence with these columns of each row; reads no more than anybody is told."""
    for values in rows.order_by().values_list(*columns)[:MOST_LINES]:
        yield sentence.format(*values)
