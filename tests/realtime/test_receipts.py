"""What devices and people tell back over sockets: gathered, written once, and never lost."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from core.people.models import Person
from notifications.models import Notice
from tests.builders import Scene, make_scene
from tests.realtime.conftest import Shop
from tests.realtime.raw import SECONDS, RawSocket, welcomed
from tests.realtime.streams import events_in, poll, streamed
from tests.realtime.test_coming_back import reads, restart


BURST = 80
"""More than the requests that may wait."""


class TestBurst:
    async def test_of_acks_closes_nothing_while_the_database_is_slow(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            await wire.send({"t": "sub", "id": 1, "topic": shop.topic})
            await wire.read("snap")
            await shop.say(*map(str, range(BURST)), shout=True)
            for seq in range(1, BURST + 1):
                if seq == 1:
                    await wire.send(
                        {"t": "cmd", "id": 2, "name": "probe.pause", "args": {"seconds": 1}}
                    )
                await wire.send({"t": "ack", "topic": shop.topic, "seq": seq})
                await wire.send({"t": "seen", "r": [f"r_{seq}"]})
                await wire.send({"t": "act", "r": [f"r_{seq}"]})
            await wire.read("ok")
            await wire.send({"t": "cmd", "id": 3, "name": "probe.closes", "args": {}})
            assert (await wire.read("ok"))["id"] == 3


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """A shop that gets an order now."""
    scene = make_scene()
    scene.now = datetime.now(UTC)
    return scene


def board(shop: Shop, scene: Scene, person: Person | None = None) -> Shop:
    """The scene's shop at the same node, as one of its people or somebody else sees it."""
    return Shop(shop.node, person or scene.staff, scene.merchant.pk)


async def delivered(scene: Scene) -> bool:
    """Whether the shop's alert counts as delivered."""
    notices = Notice.objects.filter(order_id=scene.order.pk, topic__startswith="merchant:")
    return (await sync_to_async(notices.get)()).delivered_at is not None


async def until_delivered(scene: Scene) -> None:
    async with asyncio.timeout(SECONDS):
        while not await delivered(scene):  # noqa: ASYNC110  a row
            await asyncio.sleep(0.05)


async def subscribe(wire: RawSocket, topic: str, **since: Any) -> dict[str, Any]:
    await wire.send({"t": "sub", "id": 1, "topic": topic, **since})
    return await wire.read("subd" if since else "snap")


async def alarmed(shop: Shop, scene: Scene) -> dict[str, Any]:
    """Let an order come while the board is open; the position of a device that has it."""
    async with welcomed(shop) as wire:
        joined = await subscribe(wire, shop.topic)
        await sync_to_async(scene.place)()
        event = await wire.read("ev")
        assert event["crit"]
    assert not await delivered(scene)
    return {"epoch": joined["epoch"], "seq": event["seq"]}


async def settled(shop: Shop) -> None:
    """Let somebody else's position be noted, which came after all that was claimed before."""
    scene = await sync_to_async(make_scene)()
    scene.now = datetime.now(UTC)
    theirs = board(shop, scene)
    position = await alarmed(theirs, scene)
    async with welcomed(theirs) as wire:
        await subscribe(wire, theirs.topic, since=position)
        await until_delivered(scene)


class TestComingBack:
    async def test_acknowledges_what_came_before(self, shop: Shop, scene: Scene) -> None:
        staff = board(shop, scene)
        position = await alarmed(staff, scene)
        before = await reads(staff)
        async with welcomed(staff) as wire:
            assert (await subscribe(wire, staff.topic, since=position))["count"] == 0
            await until_delivered(scene)
        assert await reads(staff) == before

    async def test_does_so_at_a_node_that_was_not_there(self, fresh: Shop, scene: Scene) -> None:
        staff = board(fresh, scene)
        position = await alarmed(staff, scene)
        await restart(staff)
        async with welcomed(staff) as wire:
            await subscribe(wire, staff.topic, since=position)
            await until_delivered(scene)
        assert (await reads(staff))["events"] == 1

    @pytest.mark.parametrize("by", [-1, 1], ids=["before", "beyond"])
    async def test_acknowledges_nothing_else(self, shop: Shop, scene: Scene, by: int) -> None:
        staff = board(shop, scene)
        position = await alarmed(staff, scene)
        async with welcomed(staff) as wire:
            since = position | {"seq": position["seq"] + by}
            await subscribe(wire, staff.topic, since=since)
            await settled(shop)
        assert not await delivered(scene)

    async def test_of_an_operator_acknowledges_nothing(self, shop: Shop, scene: Scene) -> None:
        position = await alarmed(board(shop, scene), scene)
        operator = board(shop, scene, scene.operator)
        async with welcomed(operator) as wire:
            await subscribe(wire, operator.topic, since=position)
            await settled(shop)
        assert not await delivered(scene)

    async def test_acknowledges_by_a_cursor_too(self, shop: Shop, scene: Scene) -> None:
        staff = board(shop, scene)
        cursor, _ = await poll(staff)
        await sync_to_async(scene.place)()
        cursor, frames = await poll(staff, since=cursor)
        assert [event["type"] for event in events_in(frames)] == ["order.placed"]
        async with streamed(staff, since=cursor) as stream:
            await stream.read("subd")
            await until_delivered(scene)
