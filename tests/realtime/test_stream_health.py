"""A board without a socket says how it is doing, over HTTP, to whichever node is asked."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, cast
from uuid import UUID

import pytest
from aiohttp import ClientSession
from asgiref.sync import sync_to_async

from core.clock import now
from core.environment import environment
from core.people.tokens import issue_token
from core.servers import ServerName
from realtime.client import Client
from realtime.client_terms import HttpAccess
from realtime.protocol import Health
from tests.realtime.boards import boards_of
from tests.realtime.conftest import QUICK, Shop, make_person, make_shop
from tests.realtime.node import Node
from tests.realtime.streams import address, streamed


NOBODYS = str(UUID(int=7))
NOBODY_LISTENS = "ws://127.0.0.1:9/ws/v1"


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def nodes(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[list[Node]]:
    """Two nodes of the whole product, pinging often."""
    with ExitStack() as stack:
        name = cast("ServerName", request.param)
        yield [stack.enter_context(Node(name, whole=True, ping_seconds=2)) for _ in range(2)]


@pytest.fixture
def shop(nodes: list[Node], transactional_db: None) -> Shop:
    """A shop whose people speak to the first node."""
    return make_shop(nodes[0])


async def token_of(shop: Shop) -> str:
    return str(await sync_to_async(issue_token)(person=shop.person, label="health", now=now()))


async def tell(shop: Shop, told: dict[str, Any], *, node: Node | None = None) -> tuple[int, Any]:
    """Tell how a device is doing, as the one of the shop's people."""
    headers = {"Authorization": f"Bearer {await token_of(shop)}"}
    async with (
        ClientSession() as session,
        session.post(f"{address(node or shop.node)}/health", json=told, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


async def test_any_node_takes_it(shop: Shop, nodes: list[Node]) -> None:
    if environment().embedded:
        nodes = nodes[:1]  # it is one process
    async with streamed(shop) as stream:
        conn = (await stream.read("welcome")).frame["conn"]
        await stream.read("snap")
        told = {"conn": conn, "battery": 0.82, "charging": True, "sound": False}
        assert await tell(shop, told, node=nodes[-1]) == (200, {"conn": conn})
        (board,) = await boards_of(shop, 1, is_sound_allowed=False)
        assert (board.battery_percent, board.is_charging, board.is_hidden) == (82, True, None)
        await tell(shop, {"conn": conn, "sound": True})
        (board,) = await boards_of(shop, 1, is_sound_allowed=True)
        assert board.battery_percent == 82


async def test_nobody_tells_it_of_somebody_else(shop: Shop) -> None:
    other = Shop(shop.node, await sync_to_async(make_person)())
    async with streamed(shop) as stream:
        conn = (await stream.read("welcome")).frame["conn"]
        await stream.read("snap")
        assert (await tell(other, {"conn": conn, "sound": False}))[0] == 200
        await tell(shop, {"conn": conn, "battery": 0.5})
        (board,) = await boards_of(shop, 1, battery_percent=50)
        assert board.is_sound_allowed is None


@pytest.mark.parametrize(
    "health",
    [{}, {"conn": "none"}, {"conn": NOBODYS, "battery": 82}, {"conn": NOBODYS, "mood": "good"}],
    ids=["empty", "no stream", "percent", "unknown"],
)
async def test_what_is_none_is_refused(shop: Shop, health: dict[str, Any]) -> None:
    status, problem = await tell(shop, health)
    assert (status, problem["code"]) == (422, "validation_failed")


async def test_a_client_answers_each_ping_with_it(shop: Shop) -> None:
    base = f"http://127.0.0.1:{shop.node.port}"
    http = HttpAccess(base_url=base, token=await token_of(shop))
    client = Client(NOBODY_LISTENS, shop.ticket, http=http, patience=QUICK)
    client.health = lambda: Health(sound=False, battery=0.5)
    async with client:
        await client.subscribe(shop.topic)
        (board,) = await boards_of(shop, 1, is_sound_allowed=False)
        assert (client.transport, board.battery_percent) == ("stream", 50)
