"""Everybody comes back at once: what the database is asked for then."""

import asyncio
from typing import Any

from realtime.protocol import Position
from tests.realtime.conftest import Shop
from tests.realtime.raw import RawSocket, welcomed


MANY = 12


async def restart(shop: Shop) -> None:
    shop.node.kill()
    await asyncio.to_thread(shop.node.start)


async def reads(shop: Shop) -> dict[str, Any]:
    async with shop.client() as client:
        return await client.command("probe.reads")


async def position(shop: Shop) -> Position:
    async with shop.client() as client:
        board = await client.subscribe(shop.topic)
        assert board.position is not None
        return board.position


async def answer(shop: Shop, since: Position | None) -> dict[str, Any]:
    async with welcomed(shop) as socket:
        return await subscribed(socket, shop, since)


async def subscribed(socket: RawSocket, shop: Shop, since: Position | None) -> dict[str, Any]:
    frame: dict[str, Any] = {"t": "sub", "id": 1, "topic": shop.topic}
    await socket.send(frame | ({"since": since.model_dump()} if since else {}))
    return await socket.read("subd")


class TestAfterRestart:
    async def test_those_who_missed_nothing_cost_no_read_of_events(self, fresh: Shop) -> None:
        await fresh.say("1", "2", "3")
        since = await position(fresh)
        await restart(fresh)
        answers = await asyncio.gather(*(answer(fresh, since) for _ in range(MANY)))
        assert {(each["recovered"], each["count"]) for each in answers} == {(True, 0)}
        assert await reads(fresh) == {"events": 0, "snapshots": 0}

    async def test_those_a_little_behind_share_one_read(self, fresh: Shop) -> None:
        await fresh.say("1", "2", "3")
        since = await position(fresh)
        await restart(fresh)
        await fresh.say("4", "5")
        behind = [Position(epoch=since.epoch, seq=seq % 4 + 1) for seq in range(MANY)]
        answers = await asyncio.gather(*(answer(fresh, each) for each in behind))
        assert [each["count"] for each in answers] == [5 - each.seq for each in behind]
        assert await reads(fresh) == {"events": 1, "snapshots": 0}

    async def test_those_who_know_nothing_share_one_snapshot(self, fresh: Shop) -> None:
        await fresh.say("1", "2", "3")
        answers = await asyncio.gather(*(answer(fresh, None) for _ in range(MANY)))
        assert {each["seq"] for each in answers} == {3}
        assert await reads(fresh) == {"events": 0, "snapshots": 1}


class TestWhileTheRingHolds:
    async def test_coming_back_costs_no_read_of_events(self, fresh: Shop) -> None:
        since = await position(fresh)
        async with fresh.client() as client:
            await client.command("probe.say", {"topic": fresh.topic, "texts": ["1", "2", "3"]})
            board = await client.subscribe(fresh.topic)
            await client.until(lambda: board.seq == 3)
        before = await reads(fresh)
        answers = await asyncio.gather(*(answer(fresh, since) for _ in range(MANY)))
        assert {(each["recovered"], each["count"]) for each in answers} == {(True, 3)}
        assert await reads(fresh) == before
