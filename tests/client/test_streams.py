"""The Python client where sockets fail: the same promises over server-sent events and HTTP."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import cast
from uuid import uuid4

import aiohttp
import pytest
from asgiref.sync import sync_to_async
from pytest_django import DjangoDbBlocker

from core.clock import now
from core.merchants.models import MenuItem, Merchant
from core.orders.models import Order
from core.people.tokens import issue_token
from core.servers import ServerName
from notifications.models import Notice
from realtime.client import Client
from realtime.client_terms import (
    Ended,
    HttpAccess,
    Patience,
    Refused,
    TicketSource,
    http_ticket,
    share_ticket,
)
from realtime.client_views import TopicView
from tests.builders import make_person, place
from tests.proxy.faults import Faults
from tests.proxy.proxy import HOST, Proxy
from tests.realtime.conftest import Shop, make_shop
from tests.realtime.node import Node


QUICK = Patience(least=0.02, most=0.1)
BLOCKED = Faults(block_websocket=True)


@dataclass
class Street:
    """The way from a device to a shop's node, and what befalls whoever takes it."""

    shop: Shop
    proxy: Proxy
    token: str

    @property
    def base(self) -> str:
        return f"http://{HOST}:{self.proxy.port}"

    @property
    def access(self) -> HttpAccess:
        """How one of the shop's people goes over HTTP."""
        return HttpAccess(base_url=self.base, token=self.token)

    def client(self, patience: Patience = QUICK, ticket: TicketSource | None = None) -> Client:
        """Return a client of one of the shop's people, or of whose ticket it is."""
        return self.client_over(self.access, patience, ticket)

    def client_over(
        self,
        http: HttpAccess | None,
        patience: Patience = QUICK,
        ticket: TicketSource | None = None,
    ) -> Client:
        """Return a client that goes over `http`, if it may, where sockets fail."""
        url = self.base.replace("http", "ws", 1) + "/ws/v1"
        ticket = ticket or self.shop.ticket
        return Client(url, ticket, http=http, patience=patience, log_limit=None)

    def break_off(self, faults: Faults = BLOCKED) -> None:
        """Change the faults and cut what is open."""
        self.proxy.faults = faults
        self.proxy.cut()


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def whole_node(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Node]:
    with Node(cast("ServerName", request.param), whole=True) as node:
        yield node


@asynccontextmanager
async def street_to(node: Node, faults: Faults = BLOCKED, seed: int = 0) -> AsyncIterator[Street]:
    shop = await sync_to_async(make_shop)(node)
    token = await sync_to_async(issue_token)(person=shop.person, label="street", now=now())
    async with Proxy([(HOST, node.port)], faults=faults, seed=seed) as proxy:
        yield Street(shop, proxy, token)


@pytest.fixture
async def street(whole_node: Node, transactional_db: None) -> AsyncIterator[Street]:
    async with street_to(whole_node) as built:
        yield built


@sync_to_async
def order_at(shop: Shop) -> Order:
    """Place an order at the shop; its people are told."""
    merchant = Merchant.objects.get(pk=shop.merchant_id)
    MenuItem.objects.create(merchant=merchant, name="Noodles", price_minor=2000)
    return place(merchant, make_person(), now=now(), quantities=[1])


async def share_of(street: Street, order: Order) -> str:
    """Have the order's customer make a link to it; return its token."""
    token = await sync_to_async(issue_token)(
        person=await sync_to_async(lambda: order.customer)(), label="customer", now=now()
    )
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.post(f"{street.base}/api/v1/orders/{order.pk}/share") as answer,
    ):
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["token"])


def texts(view: TopicView) -> list[str]:
    """What the events said that were applied, in order."""
    return [str(step.data["text"]) for step in view.log if step.key]


def snapshot_count(view: TopicView) -> int:
    return sum(not step.key for step in view.log)


def assert_gapless(view: TopicView) -> None:
    """Each step names the one before it, and none comes twice."""
    for before, after in zip(view.log, view.log[1:], strict=False):
        if after.key:
            assert after.previous == before.seq < after.seq


class TestStream:
    async def test_carries_topics_and_commands_where_sockets_fail(self, street: Street) -> None:
        async with street.client() as client:
            board = await client.subscribe(street.shop.topic)
            assert client.transport == "stream"
            await street.shop.say("hello")
            await client.until(lambda: texts(board) == ["hello"], seconds=120)
            merchant_id = str(street.shop.merchant_id)
            await client.command("merchant.close", {"merchant_id": merchant_id})
            await client.until(lambda: street.shop.topic in board.rows, seconds=120)
            assert client.close_codes == [None] * 3

    async def test_takes_another_topic_in_without_losing_the_first(self, street: Street) -> None:
        inbox = f"user:{street.shop.person.pk}"
        async with street.client() as client:
            board = await client.subscribe(street.shop.topic)
            await street.shop.say("before")
            await client.until(lambda: texts(board) == ["before"], seconds=120)
            await client.subscribe(inbox)
            await street.shop.say("after")
            await client.until(lambda: texts(board) == ["before", "after"], seconds=120)
            await client.unsubscribe(inbox)
            await street.shop.say("at last")
            await client.until(lambda: texts(board)[2:] == ["at last"], seconds=120)
            assert snapshot_count(board) == 1

    async def test_refuses_what_is_not_ours_and_keeps_the_rest(self, street: Street) -> None:
        async with street.client() as client:
            board = await client.subscribe(street.shop.topic)
            for name in (f"merchant:{uuid4()}", "nonsense"):
                with pytest.raises(Refused, match="not_found"):
                    await client.subscribe(name)
            await street.shop.say("still here")
            await client.until(lambda: texts(board) == ["still here"], seconds=120)

    async def test_refuses_commands_as_a_socket_does(self, street: Street) -> None:
        async with street.client() as client:
            with pytest.raises(Refused, match="not_found") as refusal:
                await client.command("order.accept", {"order_id": str(uuid4())})
            assert not refusal.value.retryable
            with pytest.raises(Refused, match="unknown_command"):
                await client.command("order.devour")

    async def test_ends_for_good_with_a_bad_ticket(self, street: Street) -> None:
        async def forged() -> str:
            return "forged"

        with pytest.raises(Ended, match="bad ticket"):
            async with street.client(ticket=forged) as client:
                await client.subscribe(street.shop.topic)


class TestFallBack:
    async def test_goes_on_from_where_the_socket_stood(self, street: Street) -> None:
        street.proxy.faults = Faults()
        async with street.client() as client:
            board = await client.subscribe(street.shop.topic)
            assert str(client.transport) == "socket"
            street.break_off()
            await street.shop.say("while", "away")
            await client.until(lambda: texts(board) == ["while", "away"], seconds=120)
            assert client.transport == "stream"
            assert snapshot_count(board) == 1

    async def test_goes_on_from_where_the_stream_stood(self, street: Street) -> None:
        async with street.client() as client:
            board = await client.subscribe(street.shop.topic)
            street.break_off(replace(BLOCKED, refuse=True))
            await client.until(lambda: not client.is_connected, seconds=120)
            await street.shop.say("while", "away")
            street.break_off()
            await client.until(lambda: texts(board) == ["while", "away"], seconds=120)
            assert snapshot_count(board) == 1

    async def test_rises_to_a_socket_once_there_can_be_one(self, street: Street) -> None:
        async with street.client(replace(QUICK, socket_again=0.2)) as client:
            board = await client.subscribe(street.shop.topic)
            await street.shop.say("over the stream")
            await client.until(lambda: texts(board) == ["over the stream"], seconds=120)
            close_count = len(client.close_codes)
            street.proxy.faults = Faults()
            await client.until(lambda: client.transport == "socket", seconds=120)
            await client.until(lambda: board.is_live, seconds=120)
            await street.shop.say("over the socket")
            await client.until(lambda: texts(board)[1:] == ["over the socket"], seconds=120)
            assert snapshot_count(board) == 1
            assert len(client.close_codes) == close_count

    async def test_keeps_a_stream_while_sockets_go_on_failing(self, street: Street) -> None:
        async with street.client(replace(QUICK, socket_again=0.02)) as client:
            board = await client.subscribe(street.shop.topic)
            tries = street.proxy.connection_count + 5
            async with asyncio.timeout(120):
                while street.proxy.connection_count < tries:  # noqa: ASYNC110  nothing signals it
                    await asyncio.sleep(0.02)
            await street.shop.say("still here")
            await client.until(lambda: texts(board) == ["still here"], seconds=120)
            assert client.transport == "stream"

    async def test_never_happens_without_an_address_for_it(self, street: Street) -> None:
        client = street.client_over(None)
        task = asyncio.create_task(client.__aenter__())
        async with asyncio.timeout(120):
            while len(client.close_codes) < 5:  # noqa: ASYNC110  as above
                await asyncio.sleep(0.02)
        assert client.transport == "socket"
        await client.close()
        with pytest.raises(Ended):
            await task


class TestBadNetwork:
    @pytest.mark.parametrize("seed", [1, 2])
    async def test_loses_nothing_and_applies_nothing_twice(
        self, street: Street, seed: int
    ) -> None:
        street.proxy.judge.begin(seed)
        dice, said = random.Random(seed), list[str]()
        async with street.client(replace(QUICK, socket_again=0.3)) as client:
            board = await client.subscribe(street.shop.topic)
            for round_ in range(8):
                street.proxy.faults = replace(
                    BLOCKED,
                    delay=0.3,
                    truncate=dice.random() * 0.2,
                    cut=dice.random() * 0.2,
                    block_websocket=round_ % 4 != 3,
                )
                said += [f"{round_}.a", f"{round_}.b"]
                await street.shop.say(*said[-2:])
                if dice.random() < 0.3:
                    street.proxy.cut()
            street.proxy.faults = BLOCKED
            await street.shop.say("the last")
            await client.until(lambda: texts(board)[-1:] == ["the last"], seconds=120)
        assert_gapless(board)
        assert texts(board) == [*said, "the last"]


class TestReceipts:
    async def test_are_told_over_http(self, street: Street) -> None:
        async with street.client() as client:
            board = await client.subscribe(street.shop.topic)
            order = await order_at(street.shop)
            await client.until(lambda: any(step.receipt for step in board.log), seconds=120)
            receipt = next(step.receipt for step in board.log if step.receipt)
            await self.eventually(order, "delivered_at")
            await client.seen(receipt)
            await client.act(receipt)
            await self.eventually(order, "acted_at")

    async def eventually(self, order: Order, moment: str) -> None:
        """Wait until the shop's notice of the order has it."""
        notices = Notice.objects.filter(order_id=order.pk, **{f"{moment}__isnull": False})
        async with asyncio.timeout(120):
            while not await notices.aexists():  # noqa: ASYNC110  as above
                await asyncio.sleep(0.05)


class TestGuest:
    async def test_watches_an_order_with_the_ticket_of_a_link(self, street: Street) -> None:
        order = await order_at(street.shop)
        for faults, transport in ((Faults(), "socket"), (BLOCKED, "stream")):
            street.proxy.faults = faults
            async with self.guest(street, await share_of(street, order)) as client:
                tracking = await client.subscribe(f"order:{order.pk}")
                assert client.transport == transport
                assert [row.data["id"] for row in tracking.rows.values()] == [str(order.pk)]
                with pytest.raises(Refused, match="not_found"):
                    await client.subscribe(street.shop.topic)

    async def test_does_nothing(self, street: Street) -> None:
        order = await order_at(street.shop)
        async with self.guest(street, await share_of(street, order)) as client:
            await client.subscribe(f"order:{order.pk}")
            with pytest.raises(Refused):
                await client.command("order.cancel", {"order_id": str(order.pk)})

    async def test_does_not_come_back_with_a_forged_link(self, street: Street) -> None:
        with pytest.raises(Ended, match="bad ticket"):
            async with self.guest(street, "forged"):
                pytest.fail("it was let in")

    def guest(self, street: Street, link: str) -> Client:
        """Return the client of somebody who has nothing but a link."""
        http = HttpAccess(base_url=street.base)
        return street.client_over(http, ticket=share_ticket(street.base, link))


class TestTicket:
    async def test_of_a_person_opens_a_socket(self, street: Street) -> None:
        street.proxy.faults = Faults()
        async with street.client(ticket=http_ticket(street.base, street.token)) as client:
            await client.subscribe(street.shop.topic)
