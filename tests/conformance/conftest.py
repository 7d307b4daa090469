"""Private hubs to be judged, on both servers and on the databases of the pass."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.conformance.server import PrivateHub
from tests.conformance.world import Place
from tests.services import redis


SERVERS = ("daphne", "uvicorn")
CONNECTION_LIMIT = 5


@pytest.fixture(scope="session")
def hubs(django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[[str], Place]]:
    """Hubs as they are served to everybody, by server; started when first asked for."""
    with ExitStack() as stack:

        @cache
        def started(server: str) -> Place:
            env = stack.enter_context(databases(django_db_blocker))
            return stack.enter_context(PrivateHub(server, **env)).place()

        yield started


@pytest.fixture(params=SERVERS)
def place(request: pytest.FixtureRequest, hubs: Callable[[str], Place]) -> Place:
    """A hub as it is served to everybody."""
    return hubs(request.param)


@pytest.fixture(scope="module", params=SERVERS)
def impatient(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    """A hub with short limits."""
    module = "tests.conformance.impatient"
    with (
        databases(django_db_blocker) as env,
        PrivateHub(request.param, module=module, **env) as hub,
    ):
        yield hub.place(connection_limit=CONNECTION_LIMIT, patience_seconds=30.0)


@pytest.fixture(params=SERVERS)
def short_lived(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    """A hub for a check after which it is gone."""
    with databases(django_db_blocker) as env, PrivateHub(request.param, **env) as hub:
        yield hub.place()


@contextmanager
def databases(blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """What a hub needs in its environment: in the full pass a database and a bus of its own."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        yield {}
        return
    name = f"conformance_{uuid4().hex[:8]}"
    with blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    connection.close()
    try:
        own = f"{url.rpartition('/')[0]}/{name}"
        # The hub runs on, and its bells would wake the loops of whatever this worker tests next.
        with redis() as bus:
            yield {"DATABASE_URL": own, "REDIS_URL": bus.url}
    finally:
        with blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")
        connection.close()
