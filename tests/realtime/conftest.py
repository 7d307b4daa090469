"""Nodes and people for tests with real sockets, on both servers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from pytest_django import DjangoDbBlocker

from core.merchants.models import Merchant, Zone
from core.people.models import Membership, Person
from core.servers import ServerName
from realtime.client import Client
from realtime.client_terms import Patience
from realtime.tickets import issue_ticket
from tests.realtime import probe
from tests.realtime.node import Node


QUICK = Patience(least=0.02, most=0.1)

_phones = iter(range(1, 1_000_000))


def make_person(**fields: bool) -> Person:
    number = next(_phones)
    return Person.objects.create(phone=f"+8618{number:09}", name=f"Person {number}", **fields)


@dataclass
class Shop:
    """A shop with one of its people, its board, and sockets to it."""

    node: Node
    person: Person
    merchant_id: UUID = field(default_factory=uuid4)

    @property
    def topic(self) -> str:
        """Its board."""
        return f"merchant:{self.merchant_id}"

    async def ticket(self) -> str:
        return await sync_to_async(issue_ticket)(self.person)

    def client(self) -> Client:
        """Return a client of one of its people."""
        return Client(self.node.url, self.ticket, patience=QUICK, log_limit=None)

    async def say(self, *texts: str, about: str = "it", shout: bool = False) -> None:
        """Publish on the board, from this process."""
        await sync_to_async(probe.say)(self.topic, *texts, about=about, shout=shout)


@pytest.fixture(scope="session", params=["daphne", "uvicorn"])
def node(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Node]:
    """A node with ordinary limits, shared by all tests."""
    with Node(cast("ServerName", request.param)) as running:
        yield running


@pytest.fixture(scope="session")
def another_node(node: Node) -> Iterator[Node]:
    """A second node of the same kind, beside the first."""
    with Node(node.server) as running:
        yield running


@pytest.fixture(scope="session", params=["daphne", "uvicorn"])
def strict_node(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[Node]:
    """A node whose limits are so low that a test can reach them."""
    limits: dict[str, Any] = {
        "auth_seconds": 4.0,
        "ping_seconds": 3,
        "lease_seconds": 8,
        "sockets_per_person": 2,
    }
    with Node(cast("ServerName", request.param), **limits) as running:
        yield running


@pytest.fixture(params=["daphne", "uvicorn"])
def crowded_node(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[Node]:
    """A node that lets three in and then nobody for a minute."""
    limits: dict[str, Any] = {"handshakes_per_second": 0.01, "handshake_burst": 3}
    with Node(cast("ServerName", request.param), **limits) as running:
        yield running


@pytest.fixture
def crowded_shop(crowded_node: Node, transactional_db: None) -> Shop:
    return make_shop(crowded_node)


@pytest.fixture(params=["daphne", "uvicorn"])
def fresh(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Shop]:
    """A shop at a node of its own, which a test may restart."""
    with Node(cast("ServerName", request.param)) as node:
        yield make_shop(node)


@pytest.fixture
def shop(node: Node, transactional_db: None) -> Shop:
    return make_shop(node)


@pytest.fixture
def strict_shop(strict_node: Node, transactional_db: None) -> Shop:
    return make_shop(strict_node)


def make_shop(node: Node) -> Shop:
    """Create a shop with one of its people."""
    zone = Zone.objects.create(name="Centre", latitude=31.2, longitude=121.5)
    merchant = Merchant.objects.create(name="Noodles", zone=zone, latitude=31.2, longitude=121.5)
    person = make_person()
    Membership.objects.create(person=person, merchant=merchant)
    return Shop(node, person, merchant.pk)
