"""Guests of a share link: one order to watch, for a while, and nothing to do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async

from core.clock import now
from core.orders.models import Order
from realtime.shares import AFTER_END
from realtime.tickets import issue_guest_ticket
from realtime.visitors import Guest
from tests.builders import make_merchant, make_person, place
from tests.realtime.conftest import Shop
from tests.realtime.raw import RawSocket, raw
from tests.realtime.streams import requested


@pytest.fixture
def order(transactional_db: None) -> Order:
    return place(make_merchant(), make_person(), now=now())


async def ticket_of(order_id: UUID, *, seconds: float = 600) -> str:
    guest = Guest(order_id, now() + timedelta(seconds=seconds))
    return await sync_to_async(issue_guest_ticket)(guest)


@asynccontextmanager
async def guest_of(
    shop: Shop, order_id: UUID, *, seconds: float = 600
) -> AsyncIterator[tuple[RawSocket, dict[str, Any]]]:
    """Open a guest's socket; also its welcome."""
    async with raw(shop) as socket:
        await socket.send({"t": "auth", "ticket": await ticket_of(order_id, seconds=seconds)})
        yield socket, await socket.read("welcome")


class TestGuest:
    async def test_sees_the_order(self, shop: Shop, order: Order) -> None:
        async with guest_of(shop, order.pk) as (socket, welcome):
            assert welcome["user"] == ""
            await socket.send({"t": "sub", "id": 1, "topic": f"order:{order.pk}"})
            snap = await socket.read("snap")
            assert snap["rows"][0]["d"]["id"] == str(order.pk)
            assert order.handover_code not in str(snap)

    async def test_sees_it_without_a_socket(self, shop: Shop, order: Order) -> None:
        query = {"ticket": await ticket_of(order.pk)}
        async with requested(shop.node, f"order:{order.pk}", query=query) as answer:
            frames = (await answer.json())["frames"]
            assert [frame["t"] for frame in frames] == ["welcome", "subd", "snap"]

    @pytest.mark.parametrize("kind", ["order", "merchant", "user", "courier", "zone"])
    async def test_sees_nothing_else(self, shop: Shop, order: Order, kind: str) -> None:
        others = {"merchant": order.merchant_id, "user": order.customer_id}
        async with guest_of(shop, order.pk) as (socket, _):
            topic = f"{kind}:{others.get(kind, uuid4())}"
            await socket.send({"t": "sub", "id": 1, "topic": topic})
            assert (await socket.read("err"))["code"] == "not_found"

    @pytest.mark.parametrize(
        "frame",
        [
            {"t": "cmd", "id": 1, "name": "order.cancel", "args": {}},
            {"t": "seen", "r": ["r_1"]},
            {"t": "act", "r": ["r_1"]},
            {"t": "pos", "lat": 31.2, "lng": 121.5, "at": "2026-03-02T04:00:00Z"},
        ],
        ids=["cmd", "seen", "act", "pos"],
    )
    async def test_does_nothing(self, shop: Shop, order: Order, frame: dict[str, Any]) -> None:
        if frame["t"] == "cmd":
            frame = frame | {"args": {"order_id": str(order.pk), "reason": "changed_mind"}}
        async with guest_of(shop, order.pk) as (socket, _):
            await socket.send(frame)
            refusal = await socket.read("err")
            assert (refusal["code"], refusal["retry"]) == ("not_allowed", False)


class TestLease:
    async def test_is_no_longer_than_the_link(self, shop: Shop, order: Order) -> None:
        async with guest_of(shop, order.pk, seconds=100) as (_, welcome):
            assert 90 < welcome["lease_s"] <= 100

    async def test_ends_with_the_link(self, strict_shop: Shop, order: Order) -> None:
        async with guest_of(strict_shop, order.pk, seconds=4) as (socket, _):
            assert await socket.close_code() == 4002

    async def test_is_not_renewed_once_the_order_has_ended_long_ago(
        self, shop: Shop, order: Order
    ) -> None:
        async with guest_of(shop, order.pk) as (socket, _):
            await end(order)
            await socket.send({"t": "refresh", "ticket": await ticket_of(order.pk)})
            assert await socket.close_code() == 4500

    async def test_is_renewed_with_the_same_link(self, shop: Shop, order: Order) -> None:
        async with guest_of(shop, order.pk) as (socket, _):
            await socket.send({"t": "refresh", "ticket": await ticket_of(order.pk)})
            await socket.send({"t": "sub", "id": 1, "topic": f"order:{order.pk}"})
            await socket.read("snap")

    async def test_is_not_renewed_with_anothers(self, shop: Shop, order: Order) -> None:
        async with guest_of(shop, order.pk) as (socket, _):
            await socket.send({"t": "refresh", "ticket": await shop.ticket()})
            assert await socket.close_code() == 4500


class TestTicket:
    @pytest.mark.parametrize("seconds", [-1, 600], ids=["expired", "ended"])
    async def test_of_a_link_without_time_is_no_good(
        self, shop: Shop, order: Order, seconds: float
    ) -> None:
        await end(order)
        async with raw(shop) as socket:
            ticket = await ticket_of(order.pk, seconds=seconds)
            await socket.send({"t": "auth", "ticket": ticket})
            assert await socket.close_code() == 4500

    async def test_of_no_order_is_no_good(self, shop: Shop) -> None:
        async with raw(shop) as socket:
            await socket.send({"t": "auth", "ticket": await ticket_of(uuid4())})
            assert await socket.close_code() == 4500


async def end(order: Order) -> None:
    """End the order a little longer ago than guests may watch."""
    rows = Order.objects.filter(pk=order.pk)
    await sync_to_async(rows.update)(state="completed", ended_at=now() - AFTER_END)
