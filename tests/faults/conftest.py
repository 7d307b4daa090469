"""Two web nodes, one on each server, on a Redis of their own that a test may hurt."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from pytest_django import DjangoDbBlocker

from realtime.client import Client
from realtime.client_views import TopicView
from tests.faults.history import head_of, verify
from tests.faults.pipe import Pipe
from tests.realtime.conftest import Shop, make_shop
from tests.realtime.node import Node
from tests.services import Redis, redis


SECONDS = 120
"""How long a test waits for what must come."""


@dataclass
class Installation:
    """Two nodes and what connects them."""

    nodes: list[Node]
    bus: Redis
    to_bus: Pipe

    def clients(self, shop: Shop) -> list[Client]:
        """Return a client on each node."""
        return [Shop(node, shop.person, shop.merchant_id).client() for node in self.nodes]


@pytest.fixture(scope="session")
def running(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Installation]:
    """Run the two nodes for all tests."""
    with redis() as bus, Pipe(bus.port) as to_bus:
        environment = {"REDIS_URL": f"redis://127.0.0.1:{to_bus.port}/0"}
        with (
            Node("daphne", environment=environment, ping_seconds=3) as one,
            Node("uvicorn", environment=environment, ping_seconds=3) as two,
        ):
            yield Installation([one, two], bus, to_bus)


@pytest.fixture
def installation(running: Installation, transactional_db: None) -> Iterator[Installation]:
    """Lend the installation, and leave it healed."""
    yield running
    running.to_bus.heal()


@pytest.fixture
def shop(installation: Installation, transactional_db: None) -> Shop:
    return make_shop(installation.nodes[0])


class Board:
    """One shop's board with a watcher on each node, and somebody who makes things happen."""

    def __init__(self, shop: Shop, clients: list[Client]) -> None:
        self.shop = shop
        self.clients = clients
        self.views: list[TopicView] = []
        self._turn = 0

    async def say(self, *texts: str, shout: bool = False, scatter: bool = False) -> None:
        """Let something happen, through each node in turn; scattered, each to another thing."""
        self._turn += 1
        topic = self.shop.topic
        arguments = {"topic": topic, "texts": texts, "shout": shout, "scatter": scatter}
        await self.clients[self._turn % len(self.clients)].command("probe.say", arguments)

    async def arrival(self) -> None:
        """Wait until every watcher has what is committed."""
        head = await head_of(self.shop.topic)
        for client, view in zip(self.clients, self.views, strict=True):
            await client.until(lambda: view.seq >= head, seconds=SECONDS)  # noqa: B023

    async def verify(self) -> int:
        """Wait for the end and let the judge look at every log."""
        await self.arrival()
        return await verify(self.views)


@asynccontextmanager
async def watched(shop: Shop, clients: list[Client]) -> AsyncIterator[Board]:
    """Follow the shop's board on every client."""
    board = Board(shop, clients)
    await asyncio.gather(*(client.__aenter__() for client in clients))
    try:
        board.views = [await client.subscribe(shop.topic) for client in clients]
        yield board
    finally:
        await asyncio.gather(*(client.close() for client in clients))
