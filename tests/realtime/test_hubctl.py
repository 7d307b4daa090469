"""`manage.py hubctl` and `/metrics` against real nodes."""

import asyncio
import json
from collections.abc import Iterator
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
import urllib3
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from prometheus_client.parser import text_string_to_metric_families

from core.environment import environment
from realtime.client import Client
from realtime.client_terms import Ended
from tests.realtime.conftest import Shop
from tests.realtime.node import Node
from tests.realtime.raw import SECONDS, welcomed
from tests.realtime.streams import events_in, poll, streamed


@pytest.fixture
def far_shop(shop: Shop) -> Iterator[Shop]:
    """The same shop at a node that only the bus can reach; without Redis it is the same node."""
    if environment().embedded:
        yield shop
        return
    with Node(shop.node.server) as node:
        yield Shop(node, shop.person, shop.merchant_id)


def http(shop: Shop, path: str = "") -> str:
    return f"http://127.0.0.1:{shop.node.port}{path}"


async def hubctl(shop: Shop, *arguments: str, as_json: bool = True) -> Any:
    out = StringIO()
    options = ["--url", http(shop), *(["--json"] if as_json else [])]
    await sync_to_async(call_command)("hubctl", *options, *arguments, stdout=out)
    return json.loads(out.getvalue()) if as_json else out.getvalue()


async def scrape(shop: Shop) -> dict[str, float]:
    response = await sync_to_async(urllib3.request)("GET", http(shop, "/metrics"))
    assert response.status == 200
    families = text_string_to_metric_families(response.data.decode())
    return {
        sample.name + "".join(sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


class TestLooking:
    async def test_lists_topics_and_connections(self, shop: Shop) -> None:
        async with shop.client() as client:
            await client.subscribe(shop.topic)
            topics = (await hubctl(shop, "topics"))["topics"]
            assert shop.topic in {row["topic"] for row in topics if row["listeners"] == 1}
            (mine,) = (await hubctl(shop, "connections", "--topic", shop.topic))["connections"]
            assert client.welcome is not None
            assert mine["conn"] == client.welcome.conn
            assert mine["person"] == str(shop.person.pk)

    async def test_tells_streams_from_sockets(self, shop: Shop) -> None:
        async with streamed(shop) as stream:
            await stream.read("snap")
            (mine,) = (await hubctl(shop, "connections", "--topic", shop.topic))["connections"]
            assert mine["carrier"] == "stream"
            assert (await scrape(shop))["paidan_realtime_streams"] >= 1

    async def test_shows_a_ring(self, shop: Shop) -> None:
        async with shop.client() as client:
            board = await client.subscribe(shop.topic)
            await client.command("probe.say", {"topic": shop.topic, "texts": ["one", "two"]})
            await client.until(lambda: board.seq == 2)
            ring = await hubctl(shop, "ring", shop.topic, "--events", "1")
            assert (ring["head"], ring["floor"], ring["listeners"]) == (2, 0, 1)
            (event,) = ring["events"]
            assert (event["seq"], event["ver"], event["type"]) == (2, 2, "probe.said")
            assert event["bytes"] > 100

    async def test_prints_tables_for_people(self, shop: Shop) -> None:
        async with shop.client() as client:
            await client.subscribe(shop.topic)
            text = await hubctl(shop, "topics", as_json=False)
            assert "topic" in text
            assert shop.topic in text

    async def test_of_an_unknown_topic_is_an_error(self, shop: Shop) -> None:
        with pytest.raises(CommandError, match="no such topic") as refused:
            await hubctl(shop, "ring", "order:none")
        assert refused.value.returncode == 1

    async def test_without_a_process_is_another_error(self, shop: Shop) -> None:
        with pytest.raises(CommandError, match="no answer") as silent:
            await sync_to_async(call_command)("hubctl", "--url", "http://127.0.0.1:1", "topics")
        assert silent.value.returncode == 3

    async def test_of_another_installation_is_refused(self, shop: Shop, settings: Any) -> None:
        settings.SECRET_KEY = "another"
        with pytest.raises(CommandError, match="PAIDAN_SECRET_KEY"):
            await hubctl(shop, "topics")

    async def test_of_nonsense_never_leaves(self, shop: Shop) -> None:
        with pytest.raises(CommandError, match="makes no sense") as nonsense:
            await hubctl(shop, "kick", "--person", "nobody")
        assert nonsense.value.returncode == 2


class TestKick:
    async def test_makes_clients_come_back_on_every_node(self, shop: Shop, far_shop: Shop) -> None:
        async with shop.client() as near, far_shop.client() as far:
            await far.subscribe(shop.topic)
            await hubctl(shop, "kick", "--person", str(shop.person.pk))
            for client in (near, far):
                await came_back(client)
                assert client.close_codes == [4002]

    async def test_for_good_is_final(self, shop: Shop) -> None:
        async with welcomed(shop) as wire, shop.client() as client:
            assert client.welcome is not None
            conn = client.welcome.conn
            await hubctl(shop, "kick", "--connection", conn, "--for-good")
            with pytest.raises(Ended):
                await client.until(lambda: False)
            await wire.send({"t": "sub", "id": 1, "topic": shop.topic})
            await wire.read("subd")


class TestResync:
    async def test_sends_a_snapshot_and_loses_nothing(self, shop: Shop, far_shop: Shop) -> None:
        async with shop.client() as near, far_shop.client() as far:
            boards = [await client.subscribe(shop.topic) for client in (near, far)]
            said = asyncio.create_task(say_much(near, shop))
            for _ in range(3):
                await hubctl(shop, "resync", shop.topic)
            await said
            for client, board in zip((near, far), boards, strict=True):
                await client.until(lambda board=board: board.seq == 40)  # type: ignore[misc]
                kinds = [step.type for step in board.log]
                assert kinds.count("snapshot") == 4
                assert client.close_codes == []
                assert_whole(board.log)

    async def test_reaches_who_polls_and_who_streams(self, shop: Shop) -> None:
        cursor, _ = await poll(shop)
        async with streamed(shop) as stream:
            await stream.read("snap")
            polling = asyncio.create_task(poll(shop, since=cursor))
            await followed_by(shop, 2)
            await hubctl(shop, "resync", shop.topic)
            cursor, frames = await polling
            assert [frame["t"] for frame in frames][-1] == "snap"
            await stream.read("snap")
            await shop.say("after")
            _, frames = await poll(shop, since=cursor)
            for event in (*events_in(frames), (await stream.read("ev")).frame):
                assert (event["p"], event["seq"]) == (0, 1)

    async def test_of_what_nobody_follows_does_nothing(self, shop: Shop) -> None:
        assert (await hubctl(shop, "resync", "order:none"))["done"] == 0


class TestMetrics:
    async def test_tell_what_happens(self, shop: Shop) -> None:
        before = await scrape(shop)
        async with shop.client() as client:
            board = await client.subscribe(shop.topic)
            arguments = {"topic": shop.topic, "texts": ["hear me"], "shout": True}
            await client.command("probe.say", arguments)
            await client.until(lambda: board.seq == 1)
            expected = {
                "paidan_realtime_connections",
                "paidan_realtime_commit_to_socket_seconds_count",
                "paidan_realtime_receipt_seconds_count",
                "paidan_realtime_resumes_totalno",
            }
            async with asyncio.timeout(SECONDS):
                while expected:
                    now = await scrape(shop)
                    expected -= {name for name in expected if now[name] > before.get(name, 0)}
            assert now["paidan_realtime_subscriptionsmerchant"] >= 1


async def followed_by(shop: Shop, count: int) -> None:
    """Wait until so many connections follow the board."""
    async with asyncio.timeout(SECONDS):
        while True:
            found = await hubctl(shop, "connections", "--topic", shop.topic)
            if len(found["connections"]) == count:
                return
            await asyncio.sleep(0.05)


async def came_back(client: Client) -> None:
    await client.until(lambda: bool(client.close_codes) and client.welcome is not None)


async def say_much(client: Client, shop: Shop) -> None:
    for number in range(40):
        await client.command("probe.say", {"topic": shop.topic, "texts": [str(number)]})


def assert_whole(log: list[Any]) -> None:
    """Every step follows the one before it, unless it is a snapshot, which never goes back."""
    for before, after in pairwise(log):
        if after.type == "snapshot":
            assert after.seq >= before.seq
        else:
            assert after.seq == before.seq + 1
