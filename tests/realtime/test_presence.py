"""Who is there, over real sockets: leases in the database, whatever ends the socket."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from asgiref.sync import sync_to_async

from core.clock import real_now
from core.presence.commands import LEASE, remove_dead_nodes
from core.presence.models import Device
from core.presence.queries import get_boards
from core.servers import ServerName
from tests.realtime.boards import boards_of, devices_of
from tests.realtime.conftest import Shop, make_person, make_shop
from tests.realtime.node import Node
from tests.realtime.raw import RawSocket, welcomed
from tests.realtime.streams import poll, streamed


@pytest.fixture(params=["daphne", "uvicorn"])
def doomed_shop(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Shop]:
    """A shop at a node of its own, which the test will kill."""
    with Node(cast("ServerName", request.param)) as node:
        yield make_shop(node)


async def follow(wire: RawSocket, topic: str, number: int = 1) -> None:
    await wire.send({"t": "sub", "id": number, "topic": topic})
    await wire.read("subd")


class TestBoards:
    async def test_are_there_once_they_follow_their_shop(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            await follow(wire, shop.topic)
            (board,) = await boards_of(shop, 1)
            assert board.person_id == shop.person.pk
            assert board.is_sound_allowed is None

    async def test_tell_their_health_with_a_pong(self, shop: Shop) -> None:
        health = {"battery": 0.82, "charging": True, "sound": False, "hidden": False}
        async with welcomed(shop) as wire:
            await follow(wire, shop.topic)
            await wire.send({"t": "pong", "health": health})
            (board,) = await boards_of(shop, 1, is_sound_allowed=False)
            assert (board.battery_percent, board.is_charging, board.is_hidden) == (82, True, False)
            await wire.send({"t": "pong", "health": {"sound": True}})
            (board,) = await boards_of(shop, 1, is_sound_allowed=True)
            assert board.battery_percent == 82

    @pytest.mark.parametrize(
        "health",
        [{"battery": 82}, {"sound": "loud"}, {"mood": "good"}, 1],
        ids=["percent", "text", "unknown", "number"],
    )
    async def test_are_refused_a_health_that_is_none(self, shop: Shop, health: Any) -> None:
        async with welcomed(shop) as wire:
            await wire.send({"t": "pong", "health": health})
            assert (await wire.read("err"))["code"] == "bad_frame"

    async def test_are_gone_when_their_socket_is(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            await follow(wire, shop.topic)
            await boards_of(shop, 1)
        await boards_of(shop, 0)

    async def test_are_gone_when_they_leave_the_topic(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            await follow(wire, shop.topic)
            await boards_of(shop, 1)
            await wire.send({"t": "unsub", "topic": shop.topic})
            await boards_of(shop, 0)

    async def test_that_fall_silent_are_closed_and_gone(self, strict_shop: Shop) -> None:
        async with welcomed(strict_shop) as wire:
            await follow(wire, strict_shop.topic)
            await boards_of(strict_shop, 1)
            assert await wire.close_code(pong=False) == 4012
            await boards_of(strict_shop, 0)

    async def test_of_a_killed_process_are_gone_with_its_lease(self, doomed_shop: Shop) -> None:
        async with welcomed(doomed_shop) as wire:
            await follow(wire, doomed_shop.topic)
            await boards_of(doomed_shop, 1)
            doomed_shop.node.kill()
        killed_at = real_now()
        ids = [doomed_shop.merchant_id]
        assert await sync_to_async(get_boards)(ids, at=killed_at)
        assert not await sync_to_async(get_boards)(ids, at=killed_at + LEASE)
        await sync_to_async(remove_dead_nodes)(at=killed_at + LEASE, now=killed_at + LEASE)
        assert not await sync_to_async(Device.objects.exists)()


class TestOverHttp:
    async def test_a_stream_is_a_board(self, shop: Shop) -> None:
        async with streamed(shop) as stream:
            await stream.read("snap")
            await boards_of(shop, 1)

    async def test_so_is_who_polls(self, shop: Shop) -> None:
        cursor, _ = await poll(shop)
        await boards_of(shop, 1)
        await poll(shop, since=cursor, wait=0)
        await boards_of(shop, 1)


class TestOthers:
    async def test_an_operator_who_looks_is_no_board(self, shop: Shop) -> None:
        operator = Shop(shop.node, await sync_to_async(make_person)(is_operator=True))
        async with welcomed(operator) as wire, welcomed(shop) as board:
            await follow(wire, shop.topic)
            await follow(board, shop.topic)
            (found,) = await boards_of(shop, 1)
            assert found.person_id == shop.person.pk

    async def test_a_courier_has_devices(self, shop: Shop) -> None:
        courier = Shop(shop.node, await sync_to_async(make_person)(is_courier=True))
        async with welcomed(courier) as wire:
            await follow(wire, f"courier:{courier.person.pk}")
            await devices_of(courier, 1)
