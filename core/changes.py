"""Writing rows with little ado: one statement, of the columns that matter."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Self

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models
from django.db.models.constants import OnConflict


INSERT: Final = "INSERT INTO"

Columns = dict[str, "models.Field[Any, Any]"]


class StoresChanges(models.Model):
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
            written = [name for name, value in values.items() if value != self._stored[name]]
        if written:
            _update(self, written)
        self._stored |= {name: values[name] for name in written}

    @classmethod
    def from_db(cls, *arguments: Any, **options: Any) -> Self:
        """Keep what was read."""
        row = super().from_db(*arguments, **options)
        row._stored = row._values()  # noqa: SLF001  its own class
        return row

    def refresh_from_db(self, *arguments: Any, **options: Any) -> None:
        """Read it again, as new."""
        super().refresh_from_db(*arguments, **options)
        self._stored = self._values()

    def _values(self) -> dict[str, Any]:
        values = self.__dict__
        return {name: values.get(name) for name in _columns(type(self))}


def insert(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model in one statement.

    A number that the database gives is read back where it can tell it.
    """
    if not rows:
        return
    database = connections[DEFAULT_DB_ALIAS]
    key = type(rows[0])._meta.auto_field
    columns = {name: each for name, each in _columns(type(rows[0])).items() if each is not key}
    line = f"({', '.join(['%s'] * len(columns))})"
    statement = f"{_insertion(type(rows[0]))} VALUES {', '.join([line] * len(rows))}"
    numbered = key is not None and database.features.can_return_rows_from_bulk_insert
    if key is not None and numbered:
        statement += f" RETURNING {_quoted(key)}"
    with database.cursor() as cursor:
        cursor.execute(statement, [each for row in rows for each in _prepared(row, columns)])
        keys = cursor.fetchall() if numbered else ()
    for row, (number,) in zip(rows, keys, strict=False):
        row.pk = number
    for row in rows:
        _stored(row)


def insert_once(row: models.Model) -> bool:
    """Insert the row unless another has its unique values; wait for one that is on its way.

    No savepoint is needed, as a refused row is no error.
    """
    database = connections[DEFAULT_DB_ALIAS]
    columns = {name: each for name, each in _columns(type(row)).items() if not each.primary_key}
    ignoring = database.ops.insert_statement(on_conflict=OnConflict.IGNORE)
    into = _insertion(type(row)).removeprefix(INSERT)
    marks = ", ".join(["%s"] * len(columns))
    with database.cursor() as cursor:
        cursor.execute(f"{ignoring}{into} VALUES ({marks})", _prepared(row, columns))
        if not cursor.rowcount:
            return False
        row.pk = cursor.lastrowid
    _stored(row)
    return True


def _stored(row: models.Model) -> None:
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    if isinstance(row, StoresChanges):
        row._stored = row._values()  # noqa: SLF001  the same module


def _update(row: models.Model, names: Sequence[str]) -> None:
    meta, every = row._meta, _columns(type(row))
    columns = {name: every[name] for name in names}
    changes = ", ".join(f"{_quoted(field)} = %s" for field in columns.values())
    table, key = _quote(meta.db_table), _quoted(meta.pk)
    database = connections[DEFAULT_DB_ALIAS]
    where = meta.pk.get_db_prep_save(row.pk, database)
    with database.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {changes} WHERE {key} = %s",  # noqa: S608
            [*_prepared(row, columns), where],
        )
        if not cursor.rowcount:
            raise DatabaseError("the row to be updated is gone")


def _prepared(row: models.Model, columns: Columns) -> list[Any]:
    """Return the values of these columns as the database takes them."""
    # The connection itself: the proxy would look it up again for every value.
    database, values = connections[DEFAULT_DB_ALIAS], row.__dict__
    return [field.get_db_prep_save(values[name], database) for name, field in columns.items()]


@cache
def _insertion(model: type[models.Model]) -> str:
    meta, columns = model._meta, _columns(model).values()
    names = ", ".join(_quoted(field) for field in columns if field is not meta.auto_field)
    return f"{INSERT} {_quote(meta.db_table)} ({names})"


def _quote(name: str) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(name)


def _quoted(field: "models.Field[Any, Any]") -> str:
    return _quote(str(field.column))


@cache
def _columns(model: type[models.Model]) -> Columns:
    return {field.attname: field for field in model._meta.concrete_fields}
