"""What tests of ladders share: an operator, and a memory that knows no other test's database."""

from collections.abc import Iterator

import pytest

from core.people.models import Person
from notifications.ladders.memory import memory
from tests.notifications.delivery.town import person


@pytest.fixture(autouse=True)
def fresh_memory() -> Iterator[None]:
    memory.forget()
    yield
    memory.forget()


@pytest.fixture
def operator(db: None) -> Person:
    return person("Zhao", is_operator=True)
