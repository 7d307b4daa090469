"""The HTTP/2 client against a server of its own: limits, windows, goodbyes, TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from h2.errors import ErrorCodes
from h2.settings import SettingCodes, Settings

from notifications.channels.exchange import NoReplyError, Reply
from notifications.channels.http2 import Http2Client
from notifications.channels.result import Outcome
from notifications.sandbox.http2 import H2Answer, H2Request, Http2Server
from tests.notifications.running import PATIENCE_SECONDS
from tests.services.authority import make_authority


class Peer:
    """A server that answers when it is let, and remembers what came."""

    def __init__(self) -> None:
        self.server = Http2Server(self._answer)
        self.requests: list[H2Request] = []
        self.came = asyncio.Condition()
        self.let = asyncio.Event()
        self.at_once = self.most_at_once = 0
        self.url = ""

    async def _answer(self, request: H2Request) -> H2Answer:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        async with self.came:
            self.requests.append(request)
            self.came.notify_all()
        await self.let.wait()
        self.at_once -= 1
        return H2Answer(status=200, headers={"retry-after": "3"}, body=request.body[:10])

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), self.came:
            await self.came.wait_for(lambda: len(self.requests) >= count)

    def connection(self) -> Any:
        (connection,) = self.server._open
        return connection


@pytest.fixture
async def listen() -> AsyncIterator[Callable[..., Awaitable[Peer]]]:
    listening: list[tuple[Peer, asyncio.Server]] = []

    async def start(*, tls: ssl.SSLContext | None = None, most: int = 100) -> Peer:
        peer = Peer()

        def connection() -> asyncio.Protocol:
            made = peer.server.connection()
            values = {SettingCodes.MAX_CONCURRENT_STREAMS: most}
            made._h2.local_settings = Settings(client=False, initial_values=values)
            return made

        loop = asyncio.get_running_loop()
        server = await loop.create_server(connection, "127.0.0.1", 0, ssl=tls)
        listening.append((peer, server))
        scheme = "http" if tls is None else "https"
        peer.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/base"
        return peer

    yield start
    for peer, server in listening:
        server.close()
        for connection in tuple(peer.server._open):
            connection.end()


@pytest.fixture
async def client_of() -> AsyncIterator[Callable[..., Http2Client]]:
    made: list[Http2Client] = []

    def make(peer: Peer, **more: Any) -> Http2Client:
        made.append(Http2Client(peer.url, timeout_seconds=60.0, **more))
        return made[-1]

    yield make
    for client in made:
        await client.close()


async def post(client: Http2Client, body: bytes = b"x") -> Reply:
    return await client.call("POST", "/path", headers={"name": "value"}, body=body)


Listen = Callable[..., Awaitable[Peer]]
ClientOf = Callable[..., Http2Client]


class TestCall:
    async def test_carries_headers_body_and_answer(
        self, listen: Listen, client_of: ClientOf
    ) -> None:
        peer = await listen()
        peer.let.set()
        reply = await post(client_of(peer), b"0123456789ab")
        assert (reply.status, reply.body, reply.retry_after) == (200, b"0123456789", "3")
        (request,) = peer.requests
        assert request.headers[":path"] == "/base/path"
        assert request.headers["name"] == "value"
        assert request.body == b"0123456789ab"

    async def test_waits_for_windows_to_open(self, listen: Listen, client_of: ClientOf) -> None:
        peer = await listen()
        peer.let.set()
        client = client_of(peer)
        bodies = [bytes([65 + number]) * 100_000 for number in range(4)]
        await asyncio.gather(*(post(client, body) for body in bodies))
        assert sorted(request.body for request in peer.requests) == bodies

    async def test_begins_no_more_at_once_than_it_may(
        self, listen: Listen, client_of: ClientOf
    ) -> None:
        peer = await listen(most=2)
        client = client_of(peer)
        peer.let.set()
        await post(client)  # the peer's settings are known by now
        peer.let.clear()
        calls = [asyncio.create_task(post(client)) for _ in range(7)]
        await peer.until(3)
        peer.let.set()
        assert {reply.status for reply in await asyncio.gather(*calls)} == {200}
        assert peer.most_at_once == 2

    async def test_given_up_makes_room_for_another(
        self, listen: Listen, client_of: ClientOf
    ) -> None:
        peer = await listen(most=1)
        client = client_of(peer)
        peer.let.set()
        await post(client)
        peer.let.clear()
        given_up = asyncio.create_task(post(client))
        await peer.until(2)
        given_up.cancel()
        peer.let.set()
        assert (await post(client)).status == 200


class TestGoodbye:
    async def test_lets_what_was_looked_at_end_and_says_what_was_not(
        self, listen: Listen, client_of: ClientOf
    ) -> None:
        peer = await listen()
        client = client_of(peer)
        first, second = (asyncio.create_task(post(client)) for _ in range(2))
        await peer.until(2)
        connection = peer.connection()
        # h2 itself would send nothing more on a connection that it closed.
        frame = b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + (1).to_bytes(4, "big") + bytes(4)
        connection._transport.write(frame)
        with pytest.raises(NoReplyError) as raised:
            await second
        assert raised.value.result.outcome is Outcome.RETRY
        third = asyncio.create_task(post(client))
        await peer.until(3)
        peer.let.set()
        assert (await third).status == 200
        assert peer.requests[2].connection != peer.requests[0].connection
        assert await _status_of(first) in {200, Outcome.UNKNOWN}

    async def test_of_one_stream_says_that_it_was_not_taken(
        self, listen: Listen, client_of: ClientOf
    ) -> None:
        peer = await listen()
        call = asyncio.create_task(post(client_of(peer)))
        await peer.until(1)
        connection = peer.connection()
        connection._h2.reset_stream(1, ErrorCodes.REFUSED_STREAM)
        connection._flush()
        assert await _status_of(call) is Outcome.RETRY

    async def test_without_a_word_leaves_it_open(
        self, listen: Listen, client_of: ClientOf
    ) -> None:
        peer = await listen()
        call = asyncio.create_task(post(client_of(peer)))
        await peer.until(1)
        peer.connection().end()
        assert await _status_of(call) is Outcome.UNKNOWN


class TestTls:
    @pytest.mark.parametrize(
        ("offered", "told"), [(["http/1.1", "h2"], 200), (["http/1.1"], Outcome.RETRY)]
    )
    async def test_must_agree_upon_http2(
        self, listen: Listen, client_of: ClientOf, tmp_path: Path, offered: list[str], told: Any
    ) -> None:
        authority = make_authority(tmp_path)
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(authority.certificate)
        tls.set_alpn_protocols(offered)
        peer = await listen(tls=tls)
        peer.let.set()
        believed = ssl.create_default_context(cafile=authority.ca_file)
        client = client_of(peer, authorities=lambda: believed)
        assert await _status_of(asyncio.create_task(post(client))) == told

    async def test_believes_no_unknown_authority(
        self, listen: Listen, client_of: ClientOf, tmp_path: Path
    ) -> None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(make_authority(tmp_path).certificate)
        peer = await listen(tls=tls)
        assert await _status_of(asyncio.create_task(post(client_of(peer)))) is Outcome.RETRY


async def _status_of(call: asyncio.Task[Reply]) -> int | Outcome:
    try:
        return (await call).status
    except NoReplyError as silence:
        return silence.result.outcome
