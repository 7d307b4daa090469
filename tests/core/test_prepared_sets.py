"""Prepared queries about sets mean what their querysets say, whatever the size of the set."""

from uuid import UUID

import pytest

from core.identifiers import new_id
from core.people.models import Person
from core.prepared_sets import PORTION, PreparedSet, PreparedSetChange


pytestmark = pytest.mark.django_db

SIZES = [0, 1, 2, 3, 5, 64, PORTION, PORTION + 3]

names = PreparedSet(
    lambda ids, name: Person.objects.filter(pk__in=ids, name=name).values_list("pk", flat=True),
    UUID,
    str,
)
rename = PreparedSetChange(
    lambda ids: Person.objects.filter(pk__in=ids),
    UUID,
    str,
    changes=lambda name: {"name": name},
)


def people(count: int, name: str = "Li") -> list[UUID]:
    rows = [Person(phone=f"+86138{number:08}", name=name) for number in range(count)]
    return [row.pk for row in Person.objects.bulk_create(rows)]


class TestPreparedSet:
    @pytest.mark.parametrize("size", SIZES)
    def test_finds_each_once(self, size: int) -> None:
        keys = people(PORTION + 10)
        assert sorted(names(keys[:size], "Li")) == sorted(keys[:size])

    def test_finds_nothing_where_nothing_is(self) -> None:
        people(3)
        assert names([new_id(), new_id(), new_id()], "Li") == []

    def test_heeds_the_other_values(self) -> None:
        assert names(people(3), "Wang") == []


class TestPreparedSetChange:
    @pytest.mark.parametrize("size", SIZES)
    def test_changes_those_and_no_others(self, size: int) -> None:
        keys = people(PORTION + 10)
        assert rename(keys[:size], "Wang") == size
        assert Person.objects.filter(name="Wang").count() == size
