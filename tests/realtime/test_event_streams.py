"""Server-sent events over real connections, on both servers."""

import asyncio
import re

import pytest
from asgiref.sync import sync_to_async

from core.events.models import Installation
from realtime.client import Client
from realtime.cursors import read_cursor
from tests.realtime.conftest import Shop, make_person
from tests.realtime.node import Node
from tests.realtime.raw import SECONDS
from tests.realtime.streams import shown, streamed
from tests.realtime.test_closes import narrow, slow_closes
from tests.realtime.test_topics import remove_up_to


class TestFirstConnect:
    async def test_welcomes_then_sends_a_snapshot(self, shop: Shop) -> None:
        await shop.say("one", "two")
        async with streamed(shop) as stream:
            welcome = await stream.read("welcome")
            assert welcome.frame["user"] == str(shop.person.pk)
            subd = await stream.read("subd")
            assert (subd.frame["id"], subd.frame["recovered"]) == (0, False)
            snap = await stream.read("snap")
            assert shown(snap.frame) == ["two"]

    async def test_tells_every_proxy_to_pass_it_on(self, shop: Shop) -> None:
        async with streamed(shop) as stream:
            headers = stream.response.headers
            assert headers["Content-Type"] == "text/event-stream"
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Accel-Buffering"] == "no"

    async def test_names_a_time_to_come_back_after(self, shop: Shop) -> None:
        async with streamed(shop) as stream:
            await stream.read("welcome")
            assert 500 <= stream.retries[0] <= 5000

    async def test_goes_on_with_events_in_order(self, shop: Shop) -> None:
        async with streamed(shop) as stream:
            await stream.read("snap")
            for number in range(5):
                await shop.say(str(number))
            assert await stream.texts("4") == list("01234")

    async def test_numbers_the_topics_of_the_query(self, shop: Shop) -> None:
        inbox = f"user:{shop.person.pk}"
        async with streamed(shop, shop.topic, inbox) as stream:
            first, second = await stream.read("subd"), await stream.read("subd")
            assert [told.frame["topic"] for told in (first, second)] == [shop.topic, inbox]
            assert [told.frame["id"] for told in (first, second)] == [0, 1]


class TestCursor:
    async def test_names_nothing_before_the_snapshot_is_whole(self, shop: Shop) -> None:
        for number in range(5):
            await shop.say("x" * 30_000, about=str(number))
        async with streamed(shop) as stream:
            assert read_cursor((await stream.read("subd")).id) == {}
            part = await stream.read("snap")
            while not part.frame["last"]:
                assert read_cursor(part.id) == {}
                part = await stream.read("snap")
            assert read_cursor(part.id)[shop.topic].seq == 5

    async def test_counts_each_event(self, shop: Shop) -> None:
        async with streamed(shop) as stream:
            await stream.read("snap")
            for number in range(1, 4):
                await shop.say(str(number))
                told = await stream.read("ev")
                assert read_cursor(told.id)[shop.topic].seq == number


class TestResume:
    @pytest.mark.parametrize("behind", [0, 1, 2, 3])
    async def test_replays_exactly_what_was_missed(self, shop: Shop, behind: int) -> None:
        cursors = []
        async with streamed(shop) as stream:
            cursors.append((await stream.read("snap")).id)
            for text in "123":
                await shop.say(text)
                cursors.append((await stream.read("ev")).id)
        async with streamed(shop, since=cursors[3 - behind]) as stream:
            subd = await stream.read("subd")
            assert (subd.frame["recovered"], subd.frame["count"]) == (True, behind)
            await shop.say("4")
            assert await stream.texts("4") == list("1234")[3 - behind :]

    async def test_goes_on_at_another_node(self, shop: Shop, another_node: Node) -> None:
        async with streamed(shop) as stream:
            cursor = (await stream.read("snap")).id
        await shop.say("1", "2")
        async with streamed(shop, since=cursor, node=another_node) as stream:
            assert await stream.texts("2") == ["1", "2"]

    @pytest.mark.parametrize(
        ("old", "new"), [(r"\.3\.\w+$", ".3.other"), (r"\.3\.", ".4."), (r"\.3\.", ".0.")],
        ids=["epoch", "future", "floor"],
    )  # fmt: skip
    async def test_sends_a_snapshot_when_it_cannot_be_whole(
        self, shop: Shop, old: str, new: str
    ) -> None:
        await shop.say("1", "2", "3")
        await sync_to_async(remove_up_to)(shop.topic, 1)
        async with streamed(shop) as stream:
            cursor = (await stream.read("snap")).id
        async with streamed(shop, since=re.sub(old, new, cursor)) as stream:
            assert (await stream.read("subd")).frame["recovered"] is False
            assert (await stream.read("snap")).frame["seq"] == 3

    async def test_keeps_the_place_in_topics_that_wait_for_their_turn(self, shop: Shop) -> None:
        inbox = f"user:{shop.person.pk}"
        async with streamed(shop, shop.topic, inbox) as stream:
            await stream.read("snap")
            cursor = (await stream.read("snap")).id
        async with streamed(shop, shop.topic, inbox, since=cursor) as stream:
            first = await stream.read("welcome")
            assert read_cursor(first.id) == read_cursor(cursor)

    async def test_overlooks_topics_that_are_no_longer_asked_for(self, shop: Shop) -> None:
        inbox = f"user:{shop.person.pk}"
        async with streamed(shop, shop.topic, inbox) as stream:
            await stream.read("snap")
            cursor = (await stream.read("snap")).id
        async with streamed(shop, since=cursor) as stream:
            assert set(read_cursor((await stream.read("subd")).id)) == {shop.topic}


class TestEnd:
    async def test_comes_with_a_new_epoch(self, shop: Shop) -> None:
        async with streamed(shop) as stream:
            await stream.read("snap")
            await sync_to_async(Installation.objects.update)(epoch="restored")
            await stream.end()
            assert stream.comments[-1].startswith("4003")

    async def test_comes_with_the_lease_and_pings_before(self, strict_shop: Shop) -> None:
        async with streamed(strict_shop) as stream:
            await stream.read("ping")
            await stream.end()
            assert stream.comments[-1].startswith("4002")

    async def test_comes_with_a_lost_right(self, shop: Shop) -> None:
        boss = Shop(shop.node, await sync_to_async(make_person)(is_operator=True))
        async with streamed(shop) as stream, boss.client() as client:
            await stream.read("snap")
            message = {"revoke": [str(shop.person.pk)]}
            await client.command("probe.ring", {"topic": shop.topic, "message": message})
            await stream.end()
            assert stream.comments[-1].startswith("4503")

    async def test_of_the_client_frees_everything(self, shop: Shop) -> None:
        async with shop.client() as client:
            async with streamed(shop) as stream:
                await stream.read("snap")
                assert await client.command("probe.held") == {"connections": 2, "listeners": 1}
            await until_only_the_client_is_left(client, own=0)

    async def test_of_a_slow_reader_comes_while_others_go_on(self, shop: Shop) -> None:
        with narrow(shop) as slow:
            ticket = await shop.ticket()
            slow.settimeout(SECONDS)
            slow.sendall(
                f"GET /api/v1/stream?topic={shop.topic}&ticket={ticket} HTTP/1.1\r\n"
                "Host: x\r\nAccept: text/event-stream\r\n\r\n".encode()
            )
            async with shop.client() as quick:
                board = await quick.subscribe(shop.topic)
                before = await slow_closes(quick)
                while await slow_closes(quick) == before and board.seq < 2000:
                    arguments = {"topic": shop.topic, "texts": ["x" * 3000] * 20, "scatter": True}
                    await quick.command("probe.say", arguments)
                await quick.until(lambda: board.seq % 20 == 0)
                assert await slow_closes(quick) == before + 1
                assert quick.close_codes == []
                await until_only_the_client_is_left(quick, own=1)


async def until_only_the_client_is_left(client: Client, *, own: int) -> None:
    """Ask until nobody but the client is connected, and nobody listens but in its topics."""
    async with asyncio.timeout(SECONDS):
        while await client.command("probe.held") != {"connections": 1, "listeners": own}:
            pass
