"""A connection that the server has closed is noticed before anything is said on it."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, close_old_connections, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from core.events.models import Stream
from core.statements import execute


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[BaseDatabaseWrapper]:
    """Somebody else's connection."""
    copy = connection.copy()
    yield copy
    copy.close()


def number_of_ours() -> int:
    """Return what the server calls our connection."""
    return int(execute(b"SELECT CONNECTION_ID()", []).rows[0][0])


def kill(other: BaseDatabaseWrapper, number: int) -> None:
    """Have the server close our connection."""
    with other.cursor() as cursor:
        cursor.execute("KILL CONNECTION %s", [number])


class TestConnection:
    def test_is_opened_anew_by_the_next_request(self, other: BaseDatabaseWrapper) -> None:
        close_old_connections()
        before = number_of_ours()
        kill(other, before)
        close_old_connections()
        assert number_of_ours() != before

    def test_stays_from_one_request_to_the_next(self) -> None:
        before = number_of_ours()
        close_old_connections()
        assert number_of_ours() == before

    def test_that_is_lost_in_a_transaction_loses_the_transaction(
        self, other: BaseDatabaseWrapper
    ) -> None:
        with pytest.raises(OperationalError), transaction.atomic():
            kill(other, number_of_ours())
        connection.close()
        assert not Stream.objects.exists()
