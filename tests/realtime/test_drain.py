"""A node that leaves: everybody is warned, answered, closed with 4001, and nobody is let in."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import aiohttp
import pytest
from asgiref.sync import sync_to_async

from core import clock
from core.people.tokens import issue_token
from core.servers import ServerName
from tests.realtime.conftest import Shop, make_shop
from tests.realtime.node import Node
from tests.realtime.raw import RawSocket, raw, welcomed
from tests.realtime.test_closes import narrow


@pytest.fixture(params=["daphne", "uvicorn"])
def leaver(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Shop]:
    """A shop at a node of its own, which a test may end."""
    with Node(cast("ServerName", request.param), whole=True) as node:
        yield make_shop(node)


@pytest.fixture
async def busy(leaver: Shop) -> AsyncIterator[RawSocket]:
    """A socket whose command, three seconds long, has begun; it keeps the leaving node open."""
    async with welcomed(leaver) as socket:
        await socket.send(pause(seconds=3, number=1))
        yield socket


def pause(*, seconds: float, number: int) -> dict[str, Any]:
    return {"t": "cmd", "id": number, "name": "probe.pause", "args": {"seconds": seconds}}


async def ended(shop: Shop) -> int:
    """Wait until the node has ended by itself."""
    return await asyncio.to_thread(shop.node.wait, 120)


class TestLeaving:
    async def test_warns_everybody_and_closes_with_drain(self, leaver: Shop) -> None:
        async with welcomed(leaver) as one, welcomed(leaver) as two:
            leaver.node.signal(signal.SIGTERM)
            for socket in (one, two):
                assert (await socket.read("drain"))["retry_ms"] > 0
                assert await socket.close_code() == 4001
        assert await ended(leaver) == 0

    async def test_answers_a_command_that_is_running(self, leaver: Shop, busy: RawSocket) -> None:
        leaver.node.signal(signal.SIGTERM)
        assert (await busy.read("ok"))["id"] == 1
        assert await busy.close_code() == 4001

    async def test_carries_out_a_command_that_comes_while_it_leaves(
        self, leaver: Shop, busy: RawSocket
    ) -> None:
        leaver.node.signal(signal.SIGTERM)
        await busy.read("drain")
        await busy.send(pause(seconds=0, number=2))
        assert [(await busy.read("ok"))["id"] for _ in range(2)] == [1, 2]

    async def test_delivers_events_until_it_closes(self, leaver: Shop) -> None:
        async with welcomed(leaver) as socket:
            await socket.send({"t": "sub", "id": 1, "topic": leaver.topic})
            await socket.read("snap")
            await socket.send(pause(seconds=4, number=2))
            leaver.node.signal(signal.SIGTERM)
            await socket.read("drain")
            await leaver.say("late")
            assert (await socket.read("ev"))["d"]["text"] == "late"
            assert await socket.close_code() == 4001

    async def test_turns_newcomers_away(self, leaver: Shop, busy: RawSocket) -> None:
        leaver.node.signal(signal.SIGTERM)
        await busy.read("drain")
        async with raw(leaver) as late:
            assert (await late.read("drain"))["retry_ms"] > 0
            assert await late.close_code() == 4029

    async def test_finishes_a_request_that_is_being_answered(self, leaver: Shop) -> None:
        token = await sync_to_async(issue_token)(
            person=leaver.person, label="test", now=clock.now(), expires_at=None
        )
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
        url = f"http://127.0.0.1:{leaver.node.port}/api/v1/probe/pause"
        async with aiohttp.ClientSession(headers=headers) as http:
            asked = asyncio.create_task(http.post(url, json={"seconds": 1.5}))
            async with leaver.client() as client:
                await client.subscribe(leaver.topic)
            leaver.node.signal(signal.SIGTERM)
            answer = await asked
            assert (answer.status, await answer.json()) == (200, {"paused": 1.5})
        assert await ended(leaver) == 0

    async def test_a_reader_that_reads_nothing_cannot_keep_it(self, leaver: Shop) -> None:
        async with welcomed(leaver, sock=narrow(leaver), max_queue=1) as slow:
            await slow.send({"t": "sub", "id": 1, "topic": leaver.topic})
            await slow.read("subd")
            for _ in range(20):
                await leaver.say(*("x" * 3000 for _ in range(10)))
            leaver.node.signal(signal.SIGTERM)
            assert await ended(leaver) == 0


class TestRush:
    """More handshakes than the node takes."""

    @pytest.fixture(params=["daphne", "uvicorn"])
    def narrow_shop(
        self, request: pytest.FixtureRequest, transactional_db: None
    ) -> Iterator[Shop]:
        limits: dict[str, Any] = {"handshakes_per_second": 1.0, "handshake_burst": 2}
        with Node(cast("ServerName", request.param), **limits) as node:
            yield make_shop(node)

    async def test_is_told_when_to_come_back(self, narrow_shop: Shop) -> None:
        async with raw(narrow_shop), raw(narrow_shop), raw(narrow_shop) as third:
            assert 500 <= json.loads(await third.socket.recv())["retry_ms"] <= 2000
            assert await third.close_code() == 4029

    async def test_gets_in_when_it_does_as_told(self, narrow_shop: Shop) -> None:
        async with raw(narrow_shop), raw(narrow_shop), narrow_shop.client() as client:
            assert client.is_connected
            assert set(client.close_codes) == {4029}
