"""Two nodes whose wall clocks disagree: one is right, the other ninety seconds early or late."""

import time
from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from realtime.client import Client
from realtime.client_terms import Ended
from realtime.tickets import SKEW_SECONDS, TICKET_SECONDS, issue_ticket
from tests.faults.conftest import Installation, watched
from tests.faults.pipe import Pipe
from tests.realtime.conftest import QUICK, Shop, make_shop
from tests.realtime.node import Node
from tests.services import redis


@pytest.fixture(scope="module", params=[90, -90], ids=["early", "late"])
def skewed(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Installation]:
    """Run a node that is right and one that is not."""
    with redis() as bus, Pipe(bus.port) as to_bus:
        right = {"REDIS_URL": bus.url}
        wrong = {**right, "SKEW_SECONDS": str(request.param)}
        with (
            Node("uvicorn", environment=right, ping_seconds=1, lease_seconds=3) as one,
            Node("daphne", environment=wrong, ping_seconds=1, lease_seconds=3) as two,
        ):
            yield Installation([one, two], bus, to_bus)


@pytest.fixture
def skewed_shop(skewed: Installation, transactional_db: None) -> Shop:
    return make_shop(skewed.nodes[0])


def client_with_ticket_of(
    shop: Shop, node: Node, monkeypatch: pytest.MonkeyPatch, *, skew_seconds: float
) -> Client:
    """Return a client whose one ticket a node with such a clock issued just now."""
    right = time.time
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: right() + skew_seconds)
        issued = issue_ticket(shop.person)

    async def ticket() -> str:
        return issued

    return Client(node.url, ticket, patience=QUICK)


class TestSkewedClocks:
    async def test_leave_streams_in_order_and_leases_alone(
        self, skewed: Installation, skewed_shop: Shop
    ) -> None:
        async with watched(skewed_shop, skewed.clients(skewed_shop)) as board:
            with pytest.raises(TimeoutError):  # longer than a lease
                await board.clients[0].until(lambda: False, seconds=4.0)
            for number in range(20):
                await board.say(str(number))
            assert await board.verify() == 40
            assert [client.close_codes for client in board.clients] == [[], []]

    @pytest.mark.parametrize("skew_seconds", [90, -90])
    @pytest.mark.parametrize("place", [0, 1])
    async def test_leave_tickets_good_at_every_node(
        self, skewed: Installation, skewed_shop: Shop, monkeypatch: pytest.MonkeyPatch,
        skew_seconds: int, place: int,
    ) -> None:  # fmt: skip
        own_skew = float(skewed.nodes[place].environment.get("SKEW_SECONDS", "0"))
        skew = skew_seconds if not own_skew else 0
        node = skewed.nodes[place]
        client = client_with_ticket_of(skewed_shop, node, monkeypatch, skew_seconds=skew)
        async with client:
            await client.subscribe(skewed_shop.topic)

    @pytest.mark.parametrize(
        "skew_seconds", [SKEW_SECONDS + 30, -TICKET_SECONDS - SKEW_SECONDS - 30]
    )
    async def test_are_forgiven_within_bounds_only(
        self, skewed: Installation, skewed_shop: Shop, monkeypatch: pytest.MonkeyPatch,
        skew_seconds: int,
    ) -> None:  # fmt: skip
        node = skewed.nodes[0]
        client = client_with_ticket_of(skewed_shop, node, monkeypatch, skew_seconds=skew_seconds)
        with pytest.raises(Ended, match="bad ticket"):
            async with client:
                pytest.fail("it was let in")
