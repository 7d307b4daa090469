"""Joining a topic, following it, and coming back to it, over real sockets."""

import asyncio
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from core.bell import bell
from core.events.models import Stream, StreamEntry
from realtime.client import Client
from realtime.client_terms import Refused
from realtime.client_views import TopicView
from realtime.protocol import Position
from tests.realtime.conftest import Shop


def texts(view: TopicView) -> list[str]:
    return [str(step.data["text"]) for step in view.log if step.key]


def shown(view: TopicView) -> list[str]:
    return [str(row.data["text"]) for row in view.rows.values() if "text" in row.data]


class TestSubscribe:
    async def test_begins_with_a_snapshot(self, shop: Shop) -> None:
        await shop.say("one", "two")
        async with shop.client() as client:
            board = await client.subscribe(shop.topic)
            assert shown(board) == ["two"]
            assert board.seq == 2

    async def test_goes_on_with_events_in_order(self, shop: Shop) -> None:
        async with shop.client() as client:
            board = await client.subscribe(shop.topic)
            for number in range(5):
                await shop.say(str(number))
            await client.until(lambda: board.seq == 5)
            assert texts(board) == list("01234")

    async def test_cuts_a_large_snapshot_into_parts(self, shop: Shop) -> None:
        for number in range(5):
            await shop.say("x" * 30_000, about=str(number))
        async with shop.client() as client:
            board = await client.subscribe(shop.topic)
            assert len(shown(board)) == 5

    @pytest.mark.parametrize("kind", ["merchant", "order", "courier", "user", "zone"])
    async def test_hides_what_is_not_ours(self, shop: Shop, kind: str) -> None:
        async with shop.client() as client:
            with pytest.raises(Refused, match="not_found"):
                await client.subscribe(f"{kind}:{uuid4()}")

    @pytest.mark.parametrize("topic", ["", "merchant", "shop:1", "merchant:1"])
    async def test_hides_what_is_no_topic(self, shop: Shop, topic: str) -> None:
        async with shop.client() as client:
            with pytest.raises(Refused, match="not_found"):
                await client.subscribe(topic)

    async def test_loses_and_repeats_nothing_while_others_publish(self, shop: Shop) -> None:
        async def publish() -> None:
            for number in range(60):
                await shop.say(str(number))

        async with shop.client() as client:
            publishing = asyncio.create_task(publish())
            boards = [await client.subscribe(shop.topic) for _ in range(10)]
            await publishing
            await client.until(lambda: boards[-1].seq == 60)
            assert_gapless(boards[-1], 60)

    async def test_ends_with_unsub(self, shop: Shop) -> None:
        async with shop.client() as client:
            await client.subscribe(shop.topic)
            await client.unsubscribe(shop.topic)
            # A command's answer comes after everything that was sent before it.
            await client.command("probe.say", {"topic": shop.topic, "texts": ["unheard"]})
            board = await client.subscribe(shop.topic)
            assert texts(board) == []


class TestResume:
    async def back(self, client: Client, shop: Shop, since: Position) -> TopicView:
        board = await client.subscribe(shop.topic, since)
        await client.until(lambda: board.seq == 3)
        return board

    @pytest.mark.parametrize("seq", [0, 1, 2, 3])
    async def test_replays_exactly_what_was_missed(self, shop: Shop, seq: int) -> None:
        await shop.say("1", "2", "3")
        async with shop.client() as client:
            epoch = await epoch_of(client, shop)
            board = await self.back(client, shop, Position(epoch=epoch, seq=seq))
            assert texts(board) == ["1", "2", "3"][seq:]

    async def test_replays_from_the_ring(self, shop: Shop) -> None:
        async with shop.client() as first, shop.client() as second:
            board = await first.subscribe(shop.topic)
            await shop.say("1", "2", "3")
            await first.until(lambda: board.seq == 3)
            assert board.position is not None
            await sync_to_async(StreamEntry.objects.filter(topic=shop.topic).delete)()
            since = Position(epoch=board.position.epoch, seq=1)
            assert texts(await self.back(second, shop, since)) == ["2", "3"]

    @pytest.mark.parametrize(
        ("epoch", "seq"), [("other", 1), (None, 4), (None, 0)], ids=["epoch", "future", "floor"]
    )
    async def test_sends_a_snapshot_when_it_cannot_be_whole(
        self, shop: Shop, epoch: str | None, seq: int
    ) -> None:
        await shop.say("1", "2", "3")
        await sync_to_async(remove_up_to)(shop.topic, 1)
        async with shop.client() as client:
            since = Position(epoch=epoch or await epoch_of(client, shop), seq=seq)
            board = await self.back(client, shop, since)
            assert [step.type for step in board.log] == ["snapshot"]

    async def test_follows_a_lost_connection(self, shop: Shop) -> None:
        async with shop.client() as client:
            board = await client.subscribe(shop.topic)
            await shop.say("1")
            await client.until(lambda: board.seq == 1)
            await client.drop()
            await shop.say("2", "3")
            await client.until(lambda: board.seq == 3)
            assert texts(board) == ["1", "2", "3"]
            assert client.close_codes == [1006]


class TestLostBell:
    async def test_is_repaired_by_the_poll_of_heads(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bell, "ring", lambda *_: None)
        async with shop.client() as client:
            board = await client.subscribe(shop.topic)
            await shop.say("unheard")
            await client.until(lambda: board.seq == 1, seconds=2)

    async def test_is_repaired_by_the_next_event(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with shop.client() as client:
            board = await client.subscribe(shop.topic)
            with monkeypatch.context() as muted:
                muted.setattr(bell, "ring", lambda *_: None)
                await shop.say("unheard")
            await client.command("probe.say", {"topic": shop.topic, "texts": ["heard"]})
            await client.until(lambda: board.seq == 2)
            assert texts(board) == ["unheard", "heard"]


async def epoch_of(client: Client, shop: Shop) -> str:
    position = (await client.subscribe(shop.topic)).position
    assert position is not None
    return position.epoch


def remove_up_to(topic: str, seq: int) -> None:
    StreamEntry.objects.filter(topic=topic, seq__lte=seq).delete()
    Stream.objects.filter(topic=topic).update(floor=seq)


def assert_gapless(view: TopicView, head: int) -> None:
    start = view.log[0]
    assert start.type == "snapshot"
    assert [step.seq for step in view.log[1:]] == list(range(start.seq + 1, head + 1))
