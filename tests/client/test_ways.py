"""When a client takes another way than sockets, and what it makes of answers there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from realtime.client_http import HttpRequests
from realtime.client_terms import HttpAccess, Patience
from realtime.codes import OVERLOAD
from realtime.protocol import Cmd, Err, Seen
from tests.client.scripted import TOPIC, Talk, eventually, stage


COMMAND = Cmd(id=7, name="order.accept", args={"order_id": "0190"}, key="mine", ver=3)
NOWHERE = HttpAccess(base_url="http://127.0.0.1:9")


class TestSocketsFirst:
    async def test_stays_with_sockets_that_the_server_itself_closes(self) -> None:
        async def turn_away(talk: Talk) -> None:
            await talk.socket.close(OVERLOAD, "retry_ms=1")

        async with stage(turn_away) as server:
            client = server.client(http=NOWHERE)
            entering = asyncio.create_task(client.__aenter__())
            await eventually(lambda: server.connection_count > 5)
            assert client.transport == "socket"
            await client.close()
            await asyncio.gather(entering, return_exceptions=True)

    async def test_takes_turns_when_streams_fail_too(self) -> None:
        async def never_welcome(talk: Talk) -> None:
            await talk.socket.close(1001)

        async with stage(never_welcome) as server:
            patience = Patience(least=0.01, most=0.02, sockets_first=2)
            client = server.client(patience, http=NOWHERE)
            work = asyncio.gather(
                client.subscribe(TOPIC), client.__aenter__(), return_exceptions=True
            )
            await eventually(lambda: len(client.close_codes) >= 6)
            await client.close()
            await work
            assert client.close_codes[:6] == [1001, 1001, None, 1001, None, 1001]

    async def test_stays_with_a_stream_while_sockets_say_something_else(self) -> None:
        async def babble(talk: Talk) -> None:
            await talk.socket.send("good morning")
            await talk.stay()

        async with stage(babble) as server:
            patience = Patience(least=0.01, most=0.02, sockets_first=0, socket_again=0.01)
            async with server.client(patience, http=NOWHERE) as client:
                await eventually(lambda: server.connection_count > 3)
                assert client.transport == "stream"


@asynccontextmanager
async def answering(
    status: int, text: str
) -> AsyncIterator[tuple[HttpRequests, list[web.Request]]]:
    """Ask a server that always answers so."""
    heard: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        heard.append(request)
        return web.Response(status=status, text=text)

    application = web.Application()
    application.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        access = HttpAccess(base_url=f"http://127.0.0.1:{runner.addresses[0][1]}", token="secret")
        async with aiohttp.ClientSession(headers=access.headers) as session:
            yield HttpRequests(session, access), heard
    finally:
        await runner.cleanup()


class TestCommand:
    async def test_is_a_post_to_its_path(self) -> None:
        async with answering(200, "{}") as (requests, heard):
            await requests.command(COMMAND)
        assert heard[0].path == "/api/v1/orders/0190/accept"
        assert await heard[0].json() == {}
        assert heard[0].headers["Authorization"] == "Bearer secret"
        assert heard[0].headers["Idempotency-Key"] == "mine"
        assert heard[0].headers["Paidan-Expected-Version"] == "3"

    @pytest.mark.parametrize("text", ['{"code":"database_unavailable"}', "<h1>Bad gateway</h1>"])
    async def test_that_the_server_cannot_answer_is_to_be_repeated(self, text: str) -> None:
        async with answering(503, text) as (requests, _):
            answer = await requests.command(COMMAND)
        assert answer == Err(id=7, code="unavailable", retry=True)

    async def test_has_no_answer_where_another_server_answers(self) -> None:
        async with answering(200, "<h1>Log in to this network</h1>") as (requests, _):
            assert await requests.command(COMMAND) is None


class TestReceipts:
    @pytest.mark.parametrize(("status", "is_heard"), [(200, True), (401, True), (502, False)])
    async def test_are_heard_unless_the_server_failed(self, status: int, is_heard: bool) -> None:  # noqa: FBT001
        async with answering(status, "{}") as (requests, _):
            assert await requests.tell(Seen(r=("r_1",))) is is_heard
