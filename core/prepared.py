"""Queries that are compiled once and afterwards only given their values.

Compiling a query costs several times what carrying it out does, and an order's steps say the same
few again and again. A query is built from marks that stand for its values; a mark must reach the
statement as it is, so it is compared with, or assigned to, a column of its own kind.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.db.models.sql import DeleteQuery, UpdateQuery

from core.loading import loader_of
from core.statements import adapted, database, execute


Found = TypeVar("Found")

Kind = type[UUID] | type[str] | type[datetime] | type[int]
"""Of a value that is not known when the query is compiled."""

Filled = Callable[[tuple[Any, ...]], list[Any]]


class Prepared(Generic[Found]):
    """A reading query: called with its values, it returns what is found."""

    def __init__(self, build: Callable[..., QuerySet[Any, Found]], *kinds: Kind) -> None:
        """Take what makes the queryset, and the kinds of its values."""
        self._build, self._kinds = build, kinds
        self._compiled: tuple[bytes, Filled, Callable[[Any], Found]] | None = None

    def __call__(self, *values: Any) -> list[Found]:
        """Carry it out."""
        text, filled, load = self._compiled or self._compile()
        return [load(row) for row in execute(text, filled(values)).rows]

    def _compile(self) -> tuple[bytes, Filled, Callable[[Any], Found]]:
        marks = _marks(self._kinds)
        queryset = self._build(*marks)
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        text, filled = _statement(compiler, marks)
        self._compiled = text, filled, loader_of(queryset, compiler)
        return self._compiled


class PreparedChange:
    """An UPDATE, or without `changes` a DELETE: called with its values, it tells how many rows."""

    def __init__(
        self,
        build: Callable[..., QuerySet[Any, Any]],
        *kinds: Kind,
        changes: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Take what makes the queryset and the new values, both from the same marks."""
        self._build, self._kinds, self._changes = build, kinds, changes
        self._compiled: tuple[bytes, Filled] | None = None

    def __call__(self, *values: Any) -> int:
        """Carry it out."""
        text, filled = self._compiled or self._compile()
        return execute(text, filled(values)).changed

    def _compile(self) -> tuple[bytes, Filled]:
        marks = _marks(self._kinds)
        queryset: Any = self._build(*marks)
        query: Any = queryset.query.chain(DeleteQuery if self._changes is None else UpdateQuery)
        if self._changes is not None:
            query.add_update_values(self._changes(*marks))
        compiler = query.get_compiler(using=DEFAULT_DB_ALIAS)
        self._compiled = _statement(compiler, marks)
        return self._compiled


def _statement(compiler: Any, marks: tuple[Any, ...]) -> tuple[bytes, Filled]:
    """Compile: the text, and what makes its parameters of the values.

    :raises ValueError: when a value would not reach the statement.
    """
    text, parameters = compiler.as_sql()
    known = [adapted(mark, database()) for mark in marks]
    slots = tuple(
        (known.index(each), None) if each in known else (-1, each) for each in parameters
    )
    if {number for number, _ in slots} - {-1} != set(range(len(marks))):
        raise ValueError("a value would not reach the statement")

    def filled(values: tuple[Any, ...]) -> list[Any]:
        return [fixed if number < 0 else values[number] for number, fixed in slots]

    return text.encode(), filled


def _marks(kinds: tuple[Kind, ...]) -> tuple[Any, ...]:
    return tuple(_mark(kind, number) for number, kind in enumerate(kinds))


def _mark(kind: Kind, number: int) -> UUID | str | datetime | int:
    """Return a value that nobody else would use."""
    if kind is UUID:
        return UUID(int=number + 1)
    if kind is datetime:
        return datetime(1, 1, 1, microsecond=number + 1, tzinfo=UTC)
    if kind is int:
        return 1_999_999_900 + number
    return f"\0{number}"
