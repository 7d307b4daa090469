"""A pane cut off the network: its sockets end, nothing gets in, and others notice nothing."""

import asyncio
from typing import Any

import pytest

from web.demo import tunnel_asgi
from web.demo.tunnel import Message, Receive, Scope, Send, Tunnel


LONG_SECONDS = 600.0
LISTENING = 3
"""Tasks of a connection at rest: the application, and who waits for either side."""
SUBD = '{"t":"subd","id":1,"topic":"merchant:1","recovered":true,"count":3}'


@pytest.fixture
def tunnel(monkeypatch: pytest.MonkeyPatch) -> Tunnel:
    made = Tunnel()
    monkeypatch.setattr(tunnel_asgi, "tunnel", made)
    return made


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that lets sockets in and streams, and stays until they go."""
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body = f"id: 1\ndata: {SUBD}\n\n".encode()
        await send({"type": "http.response.body", "body": body, "more_body": True})
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.body", "body": b"to nobody"})
        return
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": SUBD})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def socket_of(pane: str) -> Scope:
    return {"type": "websocket", "query_string": f"auth=ticket&pane={pane}".encode()}


def request_of(pane: str) -> Scope:
    return {"type": "http", "headers": [(b"paidan-pane", pane.encode())]}


class Peer:
    """The other end of one connection."""

    def __init__(self, scope: Scope) -> None:
        self.sent: list[Message] = []
        self._more: asyncio.Queue[Message] = asyncio.Queue()
        application = tunnel_asgi.through_tunnel(echo)
        self.serving = asyncio.ensure_future(application(scope, self._more.get, self._send))

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    async def until_sent(self, kind: str) -> Any:
        while True:
            for message in self.sent:
                if message["type"] == kind:
                    return message
            await asyncio.sleep(0)


class TestCut:
    async def test_ends_the_sockets_of_the_pane_only(self, tunnel: Tunnel) -> None:
        cut, other = Peer(socket_of("board-b")), Peer(socket_of("board-a"))
        await cut.until_sent("websocket.send")
        await other.until_sent("websocket.send")
        assert tunnel.begin("board-b", seconds=LONG_SECONDS).closed_count == 1
        await cut.until_sent("websocket.close")
        await cut.serving
        assert not other.serving.done()
        other.serving.cancel()

    async def test_ends_the_streams_of_the_pane(self, tunnel: Tunnel) -> None:
        cut = Peer(request_of("board-b"))
        await cut.until_sent("http.response.body")
        assert tunnel.begin("board-b", seconds=LONG_SECONDS).closed_count == 1
        await cut.serving
        assert cut.sent[-1] == {"type": "http.response.body", "body": b""}
        assert tunnel.begin("board-b", seconds=LONG_SECONDS).closed_count == 0

    @pytest.mark.parametrize("scope", [socket_of("board-b"), request_of("board-b")])
    async def test_leaves_nobody_listening_for_who_has_gone(
        self, tunnel: Tunnel, scope: Scope
    ) -> None:
        before = asyncio.all_tasks()
        peer = Peer(scope)
        await peer.until_sent(
            "websocket.send" if "query_string" in scope else "http.response.body"
        )
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks() - before) == LISTENING
        peer.serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await peer.serving
        await asyncio.sleep(0)
        assert asyncio.all_tasks() <= before

    async def test_refuses_what_the_pane_tries_meanwhile(self, tunnel: Tunnel) -> None:
        tunnel.begin("board-b", seconds=LONG_SECONDS)
        socket, request = Peer(socket_of("board-b")), Peer(request_of("board-b"))
        await socket.until_sent("websocket.close")
        assert (await request.until_sent("http.response.start"))["status"] == 503
        assert tunnel.cut.refused_count == 2
        assert (await Peer(request_of("")).until_sent("http.response.start"))["status"] == 200

    async def test_counts_what_is_replayed_afterwards(self, tunnel: Tunnel) -> None:
        tunnel.begin("board-b", seconds=0)
        back = Peer(socket_of("board-b"))
        await back.until_sent("websocket.send")
        assert (tunnel.cut.is_back, tunnel.cut.is_resumed) == (True, True)
        assert tunnel.cut.replayed_count == 3
        back.serving.cancel()

    def test_knows_who_reads_everything_anew(self, tunnel: Tunnel) -> None:
        tunnel.begin("board-b", seconds=0.0)
        tunnel.sent("board-b", SUBD.replace('"recovered":true,"count":3', '"recovered":false'))
        assert tunnel.cut.view()["is_back"]
        assert not tunnel.cut.view()["is_resumed"]

    async def test_has_ended_for_who_comes_back_over_a_stream(self, tunnel: Tunnel) -> None:
        tunnel.begin("board-b", seconds=0.0)
        for pane in ("board-a", "board-b"):
            assert not tunnel.cut.is_back
            await Peer(request_of(pane)).until_sent("http.response.body")
        assert (tunnel.cut.is_back, tunnel.cut.replayed_count) == (True, 3)
