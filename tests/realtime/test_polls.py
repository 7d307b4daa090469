"""Long polls over real connections, on both servers."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from core.merchants.models import Merchant
from realtime.client import Client
from tests.realtime.conftest import Shop, make_person
from tests.realtime.node import Node
from tests.realtime.raw import SECONDS
from tests.realtime.streams import events_in, poll, requested, shown


def texts(frames: list[dict[str, Any]]) -> list[str]:
    return [str(event["d"]["text"]) for event in events_in(frames)]


def kinds(frames: list[dict[str, Any]]) -> list[str]:
    return [str(frame["t"]) for frame in frames]


class TestFirstPoll:
    async def test_answers_at_once_with_a_snapshot(self, shop: Shop) -> None:
        await shop.say("one", "two")
        _, frames = await poll(shop)
        assert kinds(frames) == ["welcome", "subd", "snap"]
        assert shown(frames[-1]) == ["two"]

    async def test_sends_whole_snapshots_however_large(self, shop: Shop) -> None:
        for number in range(12):
            await shop.say("x" * 30_000, about=str(number))
        cursor, frames = await poll(shop)
        assert sum(len(shown(frame)) for frame in frames if frame["t"] == "snap") == 12
        assert (await poll(shop, since=cursor, wait=0))[1][1]["recovered"] is True

    async def test_leaves_topics_beyond_the_limit_to_the_next(self, shop: Shop) -> None:
        inbox = f"user:{shop.person.pk}"
        for number in range(12):
            await shop.say("x" * 30_000, about=str(number))
        cursor, frames = await poll(shop, shop.topic, inbox)
        assert [frame["topic"] for frame in frames if frame["t"] == "subd"] == [shop.topic]
        _, frames = await poll(shop, shop.topic, inbox, since=cursor)
        assert [frame["topic"] for frame in frames if frame["t"] == "snap"] == [inbox]


class TestNextPoll:
    async def test_brings_at_once_what_came_between(self, shop: Shop) -> None:
        cursor, _ = await poll(shop)
        await shop.say("1", "2", "3")
        _, frames = await poll(shop, since=cursor)
        assert texts(frames) == ["1", "2", "3"]

    async def test_waits_for_news(self, shop: Shop) -> None:
        cursor, _ = await poll(shop)
        waiting = asyncio.create_task(poll(shop, since=cursor))
        async with shop.client() as client:
            await until_connected(client, count=2)
            await shop.say("at last")
            _, frames = await waiting
            assert texts(frames) == ["at last"]

    async def test_ends_without_news_when_it_has_waited(self, shop: Shop) -> None:
        cursor, _ = await poll(shop)
        again, frames = await poll(shop, since=cursor, wait=0)
        assert kinds(frames) == ["welcome", "subd"]
        assert again == cursor

    async def test_goes_on_at_any_node(self, shop: Shop, another_node: Node) -> None:
        cursor, _ = await poll(shop)
        said = []
        for number in range(6):
            await shop.say(str(number))
            node = another_node if number % 2 else shop.node
            cursor, frames = await poll(shop, since=cursor, node=node)
            said += texts(frames)
        assert said == list("012345")

    async def test_brings_a_snapshot_when_the_rest_is_gone(self, shop: Shop) -> None:
        await shop.say("1")
        cursor, _ = await poll(shop)
        _, frames = await poll(shop, since=cursor.replace(".1.", ".9."))
        assert kinds(frames) == ["welcome", "subd", "snap"]

    async def test_splits_more_than_one_answer_can_hold(self, shop: Shop) -> None:
        cursor, _ = await poll(shop)
        for number in range(24):
            await shop.say(f"{number} " + "x" * 30_000)
        said: list[str] = []
        sizes = []
        while len(said) < 24:
            cursor, frames = await poll(shop, since=cursor)
            said += [text.split()[0] for text in texts(frames)]
            sizes.append(len(texts(frames)))
        assert said == [str(number) for number in range(24)]
        assert max(sizes) < 12


class TestRace:
    async def test_loses_and_repeats_nothing_while_others_publish(self, shop: Shop) -> None:
        async def publish() -> None:
            for number in range(60):
                await shop.say(str(number))

        async def follow() -> list[str]:
            cursor, frames = await poll(shop)
            [seq] = [frame["seq"] for frame in frames if frame["t"] == "snap"]
            said = [str(number) for number in range(seq)] + texts(frames)
            while "59" not in said:
                cursor, frames = await poll(shop, since=cursor)
                said += texts(frames)
            return said

        following = [asyncio.create_task(follow()) for _ in range(4)]
        await publish()
        for said in await asyncio.gather(*following):
            assert said == [str(number) for number in range(60)]


class TestEnd:
    async def test_of_the_client_frees_everything(self, shop: Shop) -> None:
        cursor, _ = await poll(shop)
        async with shop.client() as client:
            waiting = asyncio.create_task(poll(shop, since=cursor))
            await until_connected(client, count=2)
            waiting.cancel()
            await until_connected(client, count=1)
            assert (await client.command("probe.held"))["listeners"] == 0

    async def test_comes_early_with_a_lost_right(self, shop: Shop) -> None:
        cursor, _ = await poll(shop)
        boss = Shop(shop.node, await sync_to_async(make_person)(is_operator=True))
        async with boss.client() as client:
            waiting = asyncio.create_task(poll(shop, since=cursor))
            await until_connected(client, count=2)
            message = {"revoke": [str(shop.person.pk)]}
            await client.command("probe.ring", {"topic": shop.topic, "message": message})
            assert kinds((await waiting)[1]) == ["welcome", "subd"]


class TestPicture:
    async def test_of_a_zone_is_news_only_to_who_has_none(self, shop: Shop) -> None:
        boss = Shop(shop.node, await sync_to_async(make_person)(is_operator=True))
        merchant = await Merchant.objects.aget(pk=shop.merchant_id)
        zone = f"zone:{merchant.zone_id}"
        cursor, frames = await poll(boss, zone)
        assert frames[-1]["t"] == "snap"
        _, frames = await poll(boss, zone, since=cursor, wait=0)
        assert kinds(frames) == ["welcome", "subd", "snap"]


class TestLimits:
    async def test_refuse_more_polls_than_one_may_have(self, strict_shop: Shop) -> None:
        cursor, _ = await poll(strict_shop)
        waiting = [asyncio.create_task(poll(strict_shop, since=cursor)) for _ in range(2)]
        boss = Shop(strict_shop.node, await sync_to_async(make_person)(is_operator=True))
        async with boss.client() as client:
            await until_connected(client, count=3)
            query = {"ticket": await strict_shop.ticket()}
            async with requested(strict_shop.node, strict_shop.topic, query=query) as third:
                assert third.status == 429
                assert (await third.json())["code"] == "connection_limit"
        for each in waiting:
            each.cancel()

    @pytest.mark.parametrize("wait", ["-1", "56", "x", "nan"])
    async def test_refuse_a_wait_that_is_none(self, shop: Shop, wait: str) -> None:
        async with requested(shop.node, shop.topic, query={"wait": wait}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (422, "validation_failed")


async def until_connected(client: Client, *, count: int) -> None:
    """Ask until so many are connected, the client among them."""
    async with asyncio.timeout(SECONDS):
        while (await client.command("probe.held"))["connections"] != count:
            pass
