"""Rows that write back only what has changed since they were read."""

from typing import Any, Self

from django.db import models


class StoresChanges(models.Model):
    """`save()` of a row that was read updates its changed columns, and says nothing when none is.

    Values are compared with those read, so a JSON value is replaced and never changed in place.
    """

    _stored: dict[str, Any]

    class Meta:
        abstract = True

    def save(self, **options: Any) -> None:
        """Write the row, or what has changed of it."""
        stored: dict[str, Any] = getattr(self, "_stored", {})
        values = self._values()
        written = options.get("update_fields")
        if stored and written is None:
            changed = [name for name, value in values.items() if value != stored[name]]
            options["update_fields"] = written = changed
        super().save(**options)
        if written is None:
            self._stored = values
        else:
            self._stored = stored | {name: values[name] for name in written if name in values}

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


def _columns(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]
