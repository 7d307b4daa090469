"""Queries that are compiled once a thread and afterwards only given their values.

Compiling a query costs several times what carrying it out does, and an order's steps say the same
few again and again.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet


Found = TypeVar("Found")

Kind = type[UUID] | type[str] | type[datetime]
"""Of a value that is not known when the query is compiled."""


class Prepared(Generic[Found]):
    """A query of one shape: called with values of its kinds, it returns what is found.

    `build` makes the queryset once, from marks that stand for the values; a mark must reach the
    statement as it is, so a filter compares it with a column of its own kind.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Found]], *kinds: Kind) -> None:
        """Compile nothing yet: each thread does so when it first asks."""
        self._build, self._kinds = build, kinds
        self._threads = threading.local()

    def __call__(self, *values: Any) -> list[Found]:
        """Carry it out."""
        if not hasattr(self._threads, "queryset"):
            self._compile()
        threads = self._threads
        parameters = list(threads.parameters)
        for position, number in threads.slots:
            parameters[position] = _adapted(values[number])
        threads.compiler.as_sql = lambda: (threads.sql, parameters)
        return list(threads.queryset._iterable_class(threads.queryset))  # noqa: SLF001

    def _compile(self) -> None:
        marks = [_mark(kind, number) for number, kind in enumerate(self._kinds)]
        queryset = self._build(*marks)
        compiler: Any = queryset.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        adapted = [_adapted(mark) for mark in marks]
        converters = compiler.get_converters([each[0] for each in compiler.select])
        compiler.get_converters = lambda _expressions: converters
        query: Any = queryset.query
        query.get_compiler = lambda *_, **__: compiler
        threads = self._threads
        threads.sql, threads.parameters, threads.compiler = sql, parameters, compiler
        threads.slots = _slots(parameters, adapted)
        threads.queryset = queryset


def _slots(parameters: Sequence[Any], marks: Sequence[Any]) -> list[tuple[int, int]]:
    """Say which parameter is which value."""
    return [
        (position, marks.index(parameter))
        for position, parameter in enumerate(parameters)
        if parameter in marks
    ]


def _mark(kind: Kind, number: int) -> UUID | str | datetime:
    """Return a value that nobody else would use."""
    if kind is UUID:
        return UUID(int=number + 1)
    if kind is datetime:
        return datetime(1, 1, 1, microsecond=number + 1, tzinfo=UTC)
    return f"\0{number}"


def _adapted(value: Any) -> Any:
    """Return the value as its column's field would hand it to the database."""
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
