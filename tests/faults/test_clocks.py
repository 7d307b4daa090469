"""Two nodes whose wall clocks disagree: one is right, the other ninety seconds early or late."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from realtime.client import Client
from realtime.client_terms import Ended
from realtime.tickets import TICKET_SECONDS
from tests.faults.conftest import Installation, watched
from tests.faults.pipe import Pipe
from tests.realtime.conftest import QUICK, Shop, make_shop
from tests.realtime.node import Node
from tests.services import redis


AGES = [0, TICKET_SECONDS - 30, TICKET_SECONDS + 2]
"""Seconds; a slow machine adds to them."""


@pytest.fixture(scope="module", params=[90, -90], ids=["early", "late"])
def skewed(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Installation]:
    """Run a node that is right and one that is not."""
    with redis() as bus, Pipe(bus.port) as to_bus:
        right = {"REDIS_URL": bus.url}
        wrong = {**right, "SKEW_SECONDS": str(request.param)}
        with (
            Node("uvicorn", environment=right, ping_seconds=3, lease_seconds=8) as one,
            Node("daphne", environment=wrong, ping_seconds=3, lease_seconds=8) as two,
        ):
            yield Installation([one, two], bus, to_bus)


@pytest.fixture
def skewed_shop(skewed: Installation, transactional_db: None) -> Shop:
    return make_shop(skewed.nodes[0])


def client_with(issued: str, node: Node) -> Client:
    """Return a client of the node that has this one ticket."""

    async def ticket() -> str:
        return issued

    return Client(node.url, ticket, patience=QUICK)


async def is_let_in(issued: str, node: Node) -> bool:
    client = client_with(issued, node)
    try:
        async with client:
            return True
    except Ended:
        assert client.close_codes == [4500]
        return False


class TestSkewedClocks:
    async def test_leave_streams_in_order_and_leases_alone(
        self, skewed: Installation, skewed_shop: Shop
    ) -> None:
        async with watched(skewed_shop, skewed.clients(skewed_shop)) as board:
            with pytest.raises(TimeoutError):  # longer than a lease
                await board.clients[0].until(lambda: False, seconds=9.0)
            for number in range(20):
                await board.say(str(number))
            assert await board.verify() == 40
            assert [client.close_codes for client in board.clients] == [[], []]

    async def test_leave_tickets_good_at_every_node_for_a_minute(
        self, skewed: Installation, skewed_shop: Shop
    ) -> None:
        for issuing in skewed.nodes:
            async with Shop(issuing, skewed_shop.person).client() as client:
                answers = [await client.command("probe.ticket", {"age": age}) for age in AGES]
            issued = [str(answer["ticket"]) for answer in answers]
            for node in skewed.nodes:
                assert [await is_let_in(ticket, node) for ticket in issued] == [True, True, False]
