"""A web node on the test's own database."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.realtime.node import Node


@pytest.fixture(scope="session")
def node(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Node]:
    """Run one node that serves sockets."""
    with Node("uvicorn") as running:
        yield running


@pytest.fixture(scope="session")
def other_node(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Node]:
    """Run another one, on the other server."""
    with Node("daphne") as running:
        yield running
