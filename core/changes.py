"""Writing rows with little ado: one statement, of the columns that matter."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Self

from django.db import DEFAULT_DB_ALIAS, DatabaseError, models
from django.db.models.constants import OnConflict

from core.loading import NotesReading
from core.statements import database, execute


INSERT: Final = "INSERT INTO"

UNIQUE: Final = models.UniqueConstraint

Columns = dict[str, "models.Field[Any, Any]"]


class JsonText(str):
    """The value of a JSON column that is text already; it is written as it is."""

    __slots__ = ()


class StoresChanges(NotesReading):
    """`save()` of a row that was read updates its changed columns, and says nothing when none is.

    Values are compared with those read, so a JSON value is replaced and never changed in place.
    The statements are made here and not by Django's compilers, which take several times as long;
    nothing listens to its signals.
    """

    _stored: dict[str, Any]

    class Meta:
        abstract = True

    def save(self, **options: Any) -> None:
        """Write the row, or what has changed of it."""
        if self._state.adding:
            insert([self])
            return
        values = self._values()
        written = options.get("update_fields")
        if written is None:
            stored = self._stored
            written = [name for name, value in values.items() if value != stored[name]]
        if written:
            _update(self, tuple(written))
        self._stored |= {name: values[name] for name in written}

    def was_read(self, values: dict[str, Any]) -> None:
        """Keep what was read."""
        self._stored = values

    @classmethod
    def from_db(cls, *arguments: Any, **options: Any) -> Self:
        """Keep what was read."""
        row = super().from_db(*arguments, **options)
        row.was_read(row._values())  # noqa: SLF001  its own class
        return row

    def refresh_from_db(self, *arguments: Any, **options: Any) -> None:
        """Read it again, as new."""
        super().refresh_from_db(*arguments, **options)
        self.was_read(self._values())

    def _values(self) -> dict[str, Any]:
        values = self.__dict__
        return {name: values.get(name) for name in _columns(type(self))}


def insert(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model in one statement.

    A number that the database gives is read back where it can tell it.
    """
    if not rows:
        return
    text, names = _insertion(type(rows[0]), len(rows))
    keys = execute(text, [each for row in rows for each in _prepared(row, names)]).rows
    for row, (number,) in zip(rows, keys, strict=False):
        row.pk = number
    for row in rows:
        _stored(row)


def insert_values(model: type[models.Model], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows that nobody needs as instances: values in the order of the model's columns.

    JSON values are given as `JsonText`.
    """
    if rows:
        text, _names = _insertion(model, len(rows))
        execute(text, [value for row in rows for value in row])


def replace(model: type[models.Model], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows as `insert_values` does, each in place of the one with its unique values."""
    if rows:
        text = _replacing(model, len(rows))
        execute(text, [value for row in rows for value in row])


def insert_once(row: models.Model) -> bool:
    """Insert the row unless another has its unique values; wait for one that is on its way.

    No savepoint is needed, as a refused row is no error.
    """
    text, names = _insertion_once(type(row))
    said = execute(text, _prepared(row, names))
    if not said.changed:
        return False
    row.pk = said.number
    _stored(row)
    return True


def _stored(row: models.Model) -> None:
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    if isinstance(row, StoresChanges):
        row.was_read(row._values())  # noqa: SLF001  the same module


def _update(row: models.Model, names: tuple[str, ...]) -> None:
    text = _updating(type(row), names)
    if not execute(text, [*_prepared(row, names), row.pk]).changed:
        raise DatabaseError("the row to be updated is gone")


def _prepared(row: models.Model, names: Sequence[str]) -> list[Any]:
    """Return the values of these columns as a statement takes them."""
    values, told = row.__dict__, _json_columns(type(row))
    if told.isdisjoint(names):
        return [values[name] for name in names]
    return [_as_json(values[name]) if name in told else values[name] for name in names]


def _as_json(value: Any) -> str | None:
    return value if value is None or isinstance(value, JsonText) else json.dumps(value)


@cache
def _insertion(model: type[models.Model], count: int) -> tuple[bytes, tuple[str, ...]]:
    """Text that inserts so many rows, and the names of the columns it wants of each."""
    key = model._meta.auto_field
    columns = {name: each for name, each in _columns(model).items() if each is not key}
    line = f"({', '.join(['%s'] * len(columns))})"
    text = f"{INSERT} {_into(model, columns)} VALUES {', '.join([line] * count)}"
    if key is not None and database().features.can_return_rows_from_bulk_insert:
        text += f" RETURNING {_quoted(key)}"
    return text.encode(), tuple(columns)


@cache
def _replacing(model: type[models.Model], count: int) -> bytes:
    """Text of an upsert on the model's one unique constraint."""
    text, names = _insertion(model, count)
    [unique] = [each for each in model._meta.constraints if isinstance(each, UNIQUE)]
    every, used = _columns(model), database()
    tail = used.ops.on_conflict_suffix_sql(
        [every[name] for name in names],
        OnConflict.UPDATE,
        [every[name].column for name in names if name not in unique.fields],
        [every[name].column for name in unique.fields],
    )
    return b"%s %s" % (text.partition(b" RETURNING ")[0], tail.encode())


@cache
def _insertion_once(model: type[models.Model]) -> tuple[bytes, tuple[str, ...]]:
    columns = {name: each for name, each in _columns(model).items() if not each.primary_key}
    ignoring = database().ops.insert_statement(on_conflict=OnConflict.IGNORE)
    marks = ", ".join(["%s"] * len(columns))
    return f"{ignoring} {_into(model, columns)} VALUES ({marks})".encode(), tuple(columns)


@cache
def _updating(model: type[models.Model], names: tuple[str, ...]) -> bytes:
    every = _columns(model)
    changes = ", ".join(f"{_quoted(every[name])} = %s" for name in names)
    table, key = _quote(model._meta.db_table), _quoted(model._meta.pk)
    return f"UPDATE {table} SET {changes} WHERE {key} = %s".encode()  # noqa: S608


def _into(model: type[models.Model], columns: Columns) -> str:
    return f"{_quote(model._meta.db_table)} ({', '.join(map(_quoted, columns.values()))})"


def _quote(name: str) -> str:
    return str(database().ops.quote_name(name))


def _quoted(field: "models.Field[Any, Any]") -> str:
    return _quote(str(field.column))


@cache
def _columns(model: type[models.Model]) -> Columns:
    return {field.attname: field for field in model._meta.concrete_fields}


@cache
def _json_columns(model: type[models.Model]) -> frozenset[str]:
    return frozenset(
        name for name, field in _columns(model).items() if isinstance(field, models.JSONField)
    )
