"""What carries the frames, on both servers: fan-out, order, and peers that behave oddly."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.realtime.conftest import Shop
from tests.realtime.raw import SECONDS, RawSocket, welcomed


CLOSE = b"\x88"
"""How a close frame begins."""

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def bare(shop: Shop, **headers: str | None) -> AsyncIterator[Stream]:
    """Send an upgrade request over plain TCP; None leaves a header out."""
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.node.port)
    lines = {
        "Host": "paidan.test",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": base64.b64encode(os.urandom(16)).decode(),
        **headers,
    }
    request = ["GET /ws/v1 HTTP/1.1"]
    request += [f"{name.replace('_', '-')}: {value}" for name, value in lines.items() if value]
    writer.write(("\r\n".join(request) + "\r\n\r\n").encode())
    try:
        yield reader, writer
    finally:
        writer.close()


async def subscribed(shop: Shop, stack: AsyncExitStack, **options: Any) -> RawSocket:
    """Open a socket that follows the shop's board."""
    wire = await stack.enter_async_context(welcomed(shop, **options))
    await wire.send({"t": "sub", "id": 1, "topic": shop.topic})
    await wire.read("snap")
    return wire


async def events(wire: RawSocket, count: int) -> list[tuple[int, int, str]]:
    """Read (p, seq, text) of so many events, however they are packed."""
    found: list[tuple[int, int, str]] = []
    async with asyncio.timeout(SECONDS):
        while len(found) < count:
            frame = json.loads(await wire.socket.recv())
            got = frame.get("evs", [frame] if frame["t"] == "ev" else [])
            found += [(event["p"], event["seq"], event["d"]["text"]) for event in got]
    return found


class TestFanOut:
    async def test_gives_every_socket_every_event_in_order(self, shop: Shop) -> None:
        async with AsyncExitStack() as stack:
            wires = [await subscribed(shop, stack) for _ in range(40)]
            sent = [f"{number} 牛肉面" for number in range(60)]
            for start in range(0, 60, 15):
                await shop.say(*sent[start : start + 15])
            expected = [(seq, seq + 1, text) for seq, text in enumerate(sent)]
            for found in await asyncio.gather(*(events(wire, 60) for wire in wires)):
                assert found == expected

    async def test_keeps_the_order_between_events_and_answers(self, shop: Shop) -> None:
        async with AsyncExitStack() as stack:
            wire = await subscribed(shop, stack)
            for number in range(30):
                arguments = {"topic": shop.topic, "texts": [str(number)]}
                command = {"t": "cmd", "id": number, "name": "probe.say", "args": arguments}
                await wire.send(command)
            answers: list[int] = []
            seqs: list[int] = []
            async with asyncio.timeout(SECONDS):
                while len(answers) + len(seqs) < 60:
                    frame = json.loads(await wire.socket.recv())
                    if frame["t"] == "ok":
                        answers.append(frame["id"])
                    else:
                        seqs += [event["seq"] for event in frame.get("evs", [frame])]
            assert (answers, seqs) == (list(range(30)), list(range(1, 31)))

    async def test_carries_frames_of_every_length(self, shop: Shop) -> None:
        lengths = [1, 100, 1000, 20_000, 25_000]
        async with AsyncExitStack() as stack:
            wire = await subscribed(shop, stack)
            for length in lengths:
                await shop.say("饭" * length)
                ((_, _, text),) = await events(wire, 1)
                assert text == "饭" * length


class TestPings:
    async def test_are_the_protocols_own_and_no_others(self, shop: Shop) -> None:
        """A silent socket hears nothing for five seconds, in which daphne looks at it twice."""
        async with bare(shop) as (reader, _), asyncio.timeout(SECONDS):
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(1) == CLOSE


class TestOddClients:
    async def test_may_send_a_message_in_fragments(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            text = json.dumps({"t": "sub", "id": 7, "topic": shop.topic})
            await wire.socket.send([text[:5], text[5:6], "", text[6:]])
            assert (await wire.read("subd"))["id"] == 7

    async def test_may_ping(self, shop: Shop) -> None:
        async with welcomed(shop) as wire, asyncio.timeout(SECONDS):
            await (await wire.socket.ping(b"still there?"))

    async def test_may_close_with_a_code_of_their_own(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            await wire.socket.close(4321)
            # daphne answers every close with 1000.
            assert wire.socket.close_code in {4321, 1000}

    async def test_are_closed_when_a_message_is_far_too_big(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            with suppress(ConnectionClosed):
                await wire.send("x" * 200_000)
            # A server that closes on unread bytes may be heard as a reset only.
            assert await wire.close_code() in {1009, 1006}

    async def test_are_let_go_when_they_close_their_half(self, shop: Shop) -> None:
        async with bare(shop) as (reader, writer), asyncio.timeout(SECONDS):
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
            writer.write_eof()
            await reader.read()
            assert reader.at_eof()

    async def test_that_vanish_leave_the_others_alone(self, shop: Shop) -> None:
        async with AsyncExitStack() as stack:
            stays = await subscribed(shop, stack)
            goes = await subscribed(shop, stack)
            goes.socket.transport.abort()
            await shop.say("one", "two")
            assert [seq for _, seq, _ in await events(stays, 2)] == [1, 2]

    async def test_must_mask_what_they_send(self, shop: Shop) -> None:
        async with bare(shop) as (reader, writer), asyncio.timeout(SECONDS):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"\x81\x02{}")
            said = b""
            with suppress(ConnectionResetError):
                while piece := await reader.read(1000):
                    said += piece
            assert not said or said[2:4] == (1002).to_bytes(2, "big")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec_WebSocket_Key": None},
            {"Sec_WebSocket_Key": "short"},
            {"Sec_WebSocket_Version": None},
            {"Sec_WebSocket_Version": "12"},
        ],
        ids=["no key", "bad key", "no version", "other version"],
    )
    async def test_need_a_proper_upgrade(self, shop: Shop, headers: dict[str, str | None]) -> None:
        async with bare(shop, **headers) as (reader, _), asyncio.timeout(SECONDS):
            assert int((await reader.readline()).split()[1]) in {400, 426}
            await reader.read()
        async with welcomed(shop):
            pass
