"""Ten thousand sockets on one process: each gets its event, and nothing of them remains."""

import asyncio
import json
import resource
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from pytest_django import DjangoDbBlocker

from loadtests.measure.listeners import Report, listeners
from loadtests.measure.paidan import SUBPROTOCOL
from loadtests.measure.websocket import Conversation, Expectation, mark
from realtime.client import Client
from realtime.tickets import issue_ticket
from tests.realtime.conftest import QUICK, Shop, make_person, make_shop
from tests.realtime.node import Node


SOCKETS = 10_000
BOARDS = 20
PATIENCE_SECONDS = 120.0
"""How long nothing may arrive before the wait is given up."""


@pytest.fixture(scope="module", autouse=True)
def _many_files() -> Iterator[None]:
    """Allow this process and what it starts as many sockets as the system grants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def roomy_node(
    _many_files: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Node]:
    """Run a node that lets all of them in as the same operator, as fast as they come."""
    with Node(
        "uvicorn",
        sockets_per_person=2 * SOCKETS,
        handshakes_per_second=1e6,
        handshake_burst=SOCKETS,
    ) as node:
        yield node


@pytest.fixture
def shops(roomy_node: Node, transactional_db: None) -> list[Shop]:
    operator = make_person(is_operator=True)
    made = [make_shop(roomy_node).merchant_id for _ in range(BOARDS)]
    return [Shop(roomy_node, operator, merchant_id) for merchant_id in made]


def talks(node: Node, shops: list[Shop]) -> list[Conversation]:
    """What each socket says until it is subscribed."""
    auth = json.dumps({"t": "auth", "ticket": issue_ticket(shops[0].person), "caps": []})
    return [
        Conversation(
            node.url,
            steps=[
                ("", auth),
                ('"welcome"', json.dumps({"t": "sub", "id": 1, "topic": shop.topic})),
                ('"snap"', ""),
            ],
            answers={'{"t":"ping"}': '{"t":"pong"}'},
            subprotocol=SUBPROTOCOL,
        )
        for shop in shops
        for _ in range(SOCKETS // BOARDS)
    ]


async def tell_each(boss: Client, shops: list[Shop]) -> None:
    for shop in shops:
        await boss.command("probe.say", {"topic": shop.topic, "texts": [mark(0)]})


async def emptied(boss: Client) -> dict[str, Any]:
    """Wait until only the boss is left; return what the hub holds then."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            held = await boss.command("probe.hub")
            if held["connections"] == 1:
                return held
            await asyncio.sleep(0.2)


class TestCrowd:
    async def test_gets_everything_and_leaves_nothing(
        self, roomy_node: Node, shops: list[Shop]
    ) -> None:
        async with Client(roomy_node.url, shops[0].ticket, patience=QUICK) as boss:
            with listeners() as crowd:
                said = await sync_to_async(talks)(roomy_node, shops)
                await asyncio.to_thread(crowd.open, said, Expectation(events=1))
                held = await boss.command("probe.hub")
                assert (held["connections"], held["listeners"]) == (SOCKETS + 1, SOCKETS)
                await tell_each(boss, shops)
                report: Report = await asyncio.to_thread(
                    crowd.wait_for, SOCKETS, patience_seconds=PATIENCE_SECONDS
                )
            assert (report.delivered, report.duplicates, report.closed) == (SOCKETS, 0, [])
            held = await emptied(boss)
            assert held["listeners"] == 0
            assert held["on_the_wheel"] == 1
            assert held["people"] == 1
