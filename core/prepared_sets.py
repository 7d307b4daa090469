"""Prepared queries about many rows at once, `WHERE id IN (...)`, however many there are.

One statement is compiled for each power of two; a set between two of them is filled up with its
last value, which changes nothing. Larger sets are asked about in portions.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Generic, TypeVar

from django.db.models import QuerySet

from core.prepared import Kind, Prepared, PreparedChange


PORTION: Final = 256
"""The most values of one statement."""

Found = TypeVar("Found")


class PreparedSet(Generic[Found]):
    """A reading query over a set of values."""

    def __init__(self, build: Callable[..., QuerySet[Any, Found]], of: Kind, *kinds: Kind) -> None:
        """Take what makes the queryset of a sequence and further values, and their kinds."""
        self._build, self._of, self._kinds = build, of, kinds
        self._sized: dict[int, Prepared[Found]] = {}

    def __call__(self, values: Sequence[Any], *others: Any) -> list[Found]:
        """Carry it out; nothing is asked about nothing."""
        found: list[Found] = []
        for portion in _portions(values):
            size = len(portion)
            prepared = self._sized.get(size) or self._prepare(size)
            found += prepared(*portion, *others)
        return found

    def _prepare(self, size: int) -> Prepared[Found]:
        def build(*marks: Any) -> QuerySet[Any, Found]:
            return self._build(marks[:size], *marks[size:])

        self._sized[size] = Prepared(build, *(self._of,) * size, *self._kinds)
        return self._sized[size]


class PreparedSetChange:
    """An UPDATE of a set of rows."""

    def __init__(
        self,
        build: Callable[..., QuerySet[Any, Any]],
        of: Kind,
        *kinds: Kind,
        changes: Callable[..., dict[str, Any]],
    ) -> None:
        """Take what makes the queryset of a sequence, and the new values of further ones."""
        self._build, self._of, self._kinds, self._changes = build, of, kinds, changes
        self._sized: dict[int, PreparedChange] = {}

    def __call__(self, values: Sequence[Any], *others: Any) -> int:
        """Carry it out; return how many rows it changed."""
        changed = 0
        for portion in _portions(values):
            size = len(portion)
            prepared = self._sized.get(size) or self._prepare(size)
            changed += prepared(*portion, *others)
        return changed

    def _prepare(self, size: int) -> PreparedChange:
        def build(*marks: Any) -> QuerySet[Any, Any]:
            return self._build(marks[:size])

        def changes(*marks: Any) -> dict[str, Any]:
            return self._changes(*marks[size:])

        kinds = (*(self._of,) * size, *self._kinds)
        self._sized[size] = PreparedChange(build, *kinds, changes=changes)
        return self._sized[size]


def _portions(values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    for at in range(0, len(values), PORTION):
        portion = tuple(values[at : at + PORTION])
        size = 1 << (len(portion) - 1).bit_length()
        yield portion + portion[-1:] * (size - len(portion))
