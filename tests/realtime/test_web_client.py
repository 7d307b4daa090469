"""The TypeScript client, in Node, against the real server through the proxy of faults."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import pytest
from asgiref.sync import sync_to_async

from core.people.tokens import issue_token
from core.servers import ServerName
from tests.realtime.conftest import Shop, make_shop
from tests.realtime.desk import run_node_tests
from tests.realtime.node import Node


class TestSockets:
    async def test_miss_nothing_whatever_the_network_does(self, shop: Shop) -> None:
        await run_node_tests(shop, "faults", PAIDAN_SEEDS=12)

    async def test_do_what_a_page_asks_of_them(self, shop: Shop) -> None:
        await run_node_tests(shop, "story")

    async def test_keep_to_the_servers_limits(self, strict_shop: Shop) -> None:
        await run_node_tests(strict_shop, "limits")


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def whole_node(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[Node]:
    """Run the whole product, for what goes over HTTP."""
    with Node(cast("ServerName", request.param), whole=True) as running:
        yield running


class TestStreams:
    async def test_serve_where_sockets_fail(
        self, whole_node: Node, transactional_db: None
    ) -> None:
        shop = await sync_to_async(make_shop)(whole_node)
        token = await sync_to_async(issue_token)(
            person=shop.person, label="Node", now=datetime.now(UTC)
        )
        await run_node_tests(shop, "stream", PAIDAN_TOKEN=token)
