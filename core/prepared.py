"""Queries that are compiled once a thread and afterwards only given their values.

Compiling a query costs several times what carrying it out does, and an order's steps say the same
few again and again. A query is built from marks that stand for its values; a mark must reach the
statement as it is, so it is compared with, or assigned to, a column of its own kind.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.sql import DeleteQuery, UpdateQuery


Found = TypeVar("Found")

Kind = type[UUID] | type[str] | type[datetime]
"""Of a value that is not known when the query is compiled."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """A compiled query: `slots` says which parameter is which value."""

    queryset: QuerySet[Any, Any]
    compiler: Any
    text: str
    parameters: tuple[Any, ...]
    slots: tuple[tuple[int, int], ...]

    def filled(self, values: tuple[Any, ...]) -> list[Any]:
        parameters, database = list(self.parameters), self.compiler.connection
        for position, number in self.slots:
            parameters[position] = _adapted(values[number], database)
        return parameters


class _Shape:
    """A query that each thread compiles once, since its connection is its own."""

    def __init__(self, kinds: tuple[Kind, ...], compiled: Callable[..., _Statement]) -> None:
        self._marks = tuple(_mark(kind, number) for number, kind in enumerate(kinds))
        self._compiled = compiled
        self._threads = threading.local()

    def statement(self) -> _Statement:
        """Return what this thread compiled, or compiles now."""
        if not hasattr(self._threads, "statement"):
            self._threads.statement = self._compiled(*self._marks)
        statement: _Statement = self._threads.statement
        return statement


class Prepared(Generic[Found]):
    """A reading query: called with its values, it returns what is found."""

    def __init__(self, build: Callable[..., QuerySet[Any, Found]], *kinds: Kind) -> None:
        """Take what makes the queryset, and the kinds of its values."""
        self._shape = _Shape(kinds, lambda *marks: _reading(build(*marks), marks))

    def __call__(self, *values: Any) -> list[Found]:
        """Carry it out."""
        statement = self._shape.statement()
        parameters = statement.filled(values)
        statement.compiler.as_sql = lambda: (statement.text, parameters)
        found: Any = statement.queryset._iterable_class  # noqa: SLF001  no other way to ask again
        return list(found(statement.queryset))


class PreparedChange:
    """An UPDATE, or without `changes` a DELETE: called with its values, it tells how many rows."""

    def __init__(
        self,
        build: Callable[..., QuerySet[Any, Any]],
        *kinds: Kind,
        changes: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        """Take what makes the queryset and the new values, both from the same marks."""

        def compiled(*marks: Any) -> _Statement:
            queryset = build(*marks)
            if changes is None:
                return _compiled(queryset, queryset.query.chain(DeleteQuery), marks)
            query: Any = queryset.query.chain(UpdateQuery)
            query.add_update_values(changes(*marks))
            return _compiled(queryset, query, marks)

        self._shape = _Shape(kinds, compiled)

    def __call__(self, *values: Any) -> int:
        """Carry it out."""
        statement = self._shape.statement()
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(statement.text, statement.filled(values))
            count: int = cursor.rowcount
        return count


def _reading(queryset: QuerySet[Any, Any], marks: tuple[Any, ...]) -> _Statement:
    statement = _compiled(queryset, queryset.query, marks)
    compiler = statement.compiler
    converters = compiler.get_converters([each[0] for each in compiler.select])
    compiler.get_converters = lambda _expressions: converters
    query: Any = queryset.query
    query.get_compiler = lambda *_, **__: compiler
    return statement


def _compiled(queryset: QuerySet[Any, Any], query: Any, marks: tuple[Any, ...]) -> _Statement:
    database = connections[DEFAULT_DB_ALIAS]
    compiler = query.get_compiler(connection=database)
    text, parameters = compiler.as_sql()
    adapted = [_adapted(mark, database) for mark in marks]
    slots = [(at, adapted.index(each)) for at, each in enumerate(parameters) if each in adapted]
    if len({number for _, number in slots}) < len(marks):
        raise ValueError("a value would not reach the statement")
    return _Statement(queryset, compiler, text, tuple(parameters), tuple(slots))


def _mark(kind: Kind, number: int) -> UUID | str | datetime:
    """Return a value that nobody else would use."""
    if kind is UUID:
        return UUID(int=number + 1)
    if kind is datetime:
        return datetime(1, 1, 1, microsecond=number + 1, tzinfo=UTC)
    return f"\0{number}"


def _adapted(value: Any, database: BaseDatabaseWrapper) -> Any:
    """Return the value as its column's field would hand it to the database."""
    if isinstance(value, UUID):
        return value if database.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return database.ops.adapt_datetimefield_value(value)
    return value
