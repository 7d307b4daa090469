"""Two nodes are restarted one after the other under load: nothing is lost, nothing done twice."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import cast

import pytest
from asgiref.sync import sync_to_async

from core.events.models import Event
from core.servers import ServerName
from realtime.client import Client
from realtime.client_views import TopicView
from realtime.protocol import EventBody
from tests.realtime.balancer import balancer
from tests.realtime.conftest import QUICK, Shop, make_shop
from tests.realtime.node import Node


LISTENERS = 4
TALKERS = 3


@dataclass
class Log:
    """What one client was told, in the order in which it came."""

    seqs: list[int] = field(default_factory=list)

    def note(self, _view: TopicView, event: EventBody) -> None:
        self.seqs.append(event.seq)


@pytest.fixture(params=["daphne", "uvicorn"])
def nodes(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[tuple[Node, Node]]:
    name = cast("ServerName", request.param)
    with Node(name, drain_seconds=1.0) as one, Node(name, drain_seconds=1.0) as two:
        yield one, two


async def talk(client: Client, shop: Shop, is_over: asyncio.Event) -> int:
    """Give one command after the other; return how many were answered."""
    answered = 0
    while not is_over.is_set():
        arguments = {"topic": shop.topic, "texts": [str(answered)]}
        assert await client.command("probe.say", arguments, seconds=120) == {"said": 1}
        answered += 1
    return answered


async def caught_up(client: Client, board: TopicView, seq: int) -> None:
    await client.until(lambda: board.seq == seq, seconds=120)


async def restart(node: Node) -> None:
    node.signal(signal.SIGTERM)
    assert await asyncio.to_thread(node.wait, 120) == 0
    await asyncio.to_thread(node.start)


class TestRollingRestart:
    async def test_loses_nothing_and_does_nothing_twice(self, nodes: tuple[Node, Node]) -> None:
        shop = await sync_to_async(make_shop)(nodes[0])
        async with AsyncExitStack() as stack:
            between = await stack.enter_async_context(balancer(*(node.port for node in nodes)))
            url = f"ws://127.0.0.1:{between.port}/ws/v1"
            clients = [
                await stack.enter_async_context(Client(url, shop.ticket, patience=QUICK))
                for _ in range(LISTENERS + TALKERS)
            ]
            logs = [Log() for _ in range(LISTENERS)]
            boards = []
            for client, log in zip(clients, logs, strict=False):
                client.on_event = log.note
                boards.append(await client.subscribe(shop.topic))
            is_over = asyncio.Event()
            talking = [
                asyncio.create_task(talk(client, shop, is_over)) for client in clients[LISTENERS:]
            ]
            for node in nodes:
                await restart(node)
            is_over.set()
            answered = sum(await asyncio.gather(*talking))
            events = Event.objects.filter(correlation_id=shop.topic, type="probe.said")
            assert await sync_to_async(events.count)() == answered
            for client, board in zip(clients, boards, strict=False):
                await caught_up(client, board, answered)
            assert all(log.seqs == list(range(1, answered + 1)) for log in logs)
            assert all(4001 in client.close_codes for client in clients)
