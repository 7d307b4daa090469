"""Making rows of what a compiled query brings, without what Django does for every row anew.

The compiler says once which columns make which model and what each column's value must become;
afterwards a row is made by filling an empty instance. Nothing listens to Django's signals.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID, SafeUUID

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable

from core.statements import database


_PUT_INT: Final = UUID.__dict__["int"].__set__
_PUT_SAFETY: Final = UUID.__dict__["is_safe"].__set__

Values = Sequence[Any]
Convert = Callable[[Any], Any]


class NotesReading(models.Model):
    """A model whose rows are told what they were made of."""

    class Meta:
        abstract = True

    def was_read(self, values: dict[str, Any]) -> None:
        """Note the values; the dictionary is the row's own."""


def loader_of(queryset: Any, compiler: Any) -> Callable[[Values], Any]:
    """Return what turns a row of the compiled query into what the queryset would give.

    :raises ValueError: for a kind of queryset that nobody needed yet.
    """
    columns = [each[0] for each in compiler.select[: compiler.col_count]]
    converting = tuple(_converting(compiler, columns))
    kind = queryset._iterable_class  # noqa: SLF001  no other way to ask
    if kind is FlatValuesListIterable:
        return partial(_first, converting)
    if kind is ValuesListIterable:
        return partial(_tuple, converting)
    if kind is ModelIterable and not compiler.annotation_col_map:
        return partial(_whole, converting, _Making(compiler.klass_info, compiler.select))
    raise ValueError(f"cannot prepare {kind.__name__}")


class _Making:
    """How to make one model of some columns, and the rows it refers to of the following ones."""

    __slots__ = ("_columns", "_key", "_model", "_names", "_related")

    def __init__(self, klass_info: dict[str, Any], select: Sequence[Any]) -> None:
        self._model = klass_info["model"]
        fields = klass_info["select_fields"]
        self._columns = slice(fields[0], fields[-1] + 1)
        self._names = tuple(each[0].target.attname for each in select[self._columns])
        self._key = fields[0] + self._names.index(self._model._meta.pk_fields[0].attname)
        self._related = tuple(
            (_Making(each, select), each["local_setter"], each["remote_setter"])
            for each in klass_info.get("related_klass_infos", ())
        )

    def make(self, row: Values) -> Any:
        """Return the row's instance; nothing where an outer join found none."""
        if row[self._key] is None:
            return None
        values = dict(zip(self._names, row[self._columns], strict=True))
        made = self._model.__new__(self._model)
        state = ModelState()
        state.adding, state.db = False, DEFAULT_DB_ALIAS
        made.__dict__.update(values)
        made._state = state
        if isinstance(made, NotesReading):
            made.was_read(values)
        for making, keep, keep_there in self._related:
            other = making.make(row)
            keep(made, other)
            if other is not None:
                keep_there(other, made)
        return made


def _first(converting: "_Converting", row: Values) -> Any:
    return _converted(converting, row)[0]


def _tuple(converting: "_Converting", row: Values) -> tuple[Any, ...]:
    return tuple(_converted(converting, row))


def _whole(converting: "_Converting", making: _Making, row: Values) -> Any:
    return making.make(_converted(converting, row))


_Converting = tuple[tuple[int, Convert], ...]


def _converted(converting: _Converting, row: Values) -> list[Any]:
    values = list(row)
    for at, convert in converting:
        if (value := values[at]) is not None:
            values[at] = convert(value)
    return values


def _converting(compiler: Any, columns: Sequence[Any]) -> Any:
    """Yield (position, conversion) for the columns whose values are not what they should be."""
    for at, (converters, expression) in compiler.get_converters(columns).items():
        field = expression.output_field
        kind = (database().vendor, type(field.target_field if field.is_relation else field))
        yield at, _SHORT.get(kind) or partial(_by_django, tuple(converters), expression)


def _by_django(converters: tuple[Any, ...], expression: Any, value: Any) -> Any:
    for convert in converters:
        value = convert(value, expression, database())
    return value


def _identifier(text: str) -> UUID:
    """Read a UUID in half the time of its constructor, which asks what it is given."""
    made = UUID.__new__(UUID)
    _PUT_INT(made, int(text.replace("-", ""), 16))
    _PUT_SAFETY(made, SafeUUID.unknown)
    return made


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


_SHORT: Final[dict[tuple[str, type[Any]], Convert]] = {
    ("mysql", models.UUIDField): _identifier,
    ("mysql", models.DateTimeField): _aware,
    ("mysql", models.BooleanField): bool,
}
"""Conversions that need not go through Django's general ones."""
