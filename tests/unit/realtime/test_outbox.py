"""What a slow reader is sent: through a transport that opens and shuts."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from realtime.codes import TOO_SLOW
from realtime.event_frames import EventFrame
from realtime.outbox import Outbox, OutboxClosed
from realtime.transports import SendWire


class Server:
    """A transport whose buffer is full when a test says so."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.closed = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()

    async def send(self, message: dict[str, Any]) -> None:
        await self.writable.wait()
        self.messages.append(message)
        if message["type"] == "websocket.close":
            self.closed.set()

    def events(self) -> Iterator[tuple[int, int]]:
        """(p, seq) of every event sent."""
        for message in self.messages:
            frame = json.loads(message["text"])
            for event in frame.get("evs", [frame]):
                yield event["p"], event["seq"]


class Reader:
    """A subscription's position."""

    written = 0


def event(seq: int, *, key: str = "order:1", receipt: str = "", padding: int = 0) -> EventFrame:
    crit = f'"crit":"{receipt}",' if receipt else ""
    head = f'{{"seq":{seq},"key":"{key}","ver":{seq},"type":"t","at":"","actor":{{}},'
    return EventFrame("merchant:1", seq, f'{head}{crit}"d":{{"x":"{"x" * padding}"}}}}')


@pytest.fixture
async def wire() -> Server:
    return Server()


@pytest.fixture
async def outbox(wire: Server) -> Outbox:
    box = Outbox(SendWire(wire.send), limit=1000, when_full=lambda: box.close(TOO_SLOW))
    return box


class TestOutbox:
    async def test_sends_at_once_while_the_reader_keeps_up(
        self, outbox: Outbox, wire: Server
    ) -> None:
        outbox.write("{}")
        assert [message["text"] for message in wire.messages] == ["{}"]

    async def test_sends_what_waited_in_order_and_in_batches(
        self, outbox: Outbox, wire: Server
    ) -> None:
        wire.writable.clear()
        reader = Reader()
        for seq in range(1, 6):
            outbox.write_event(reader, event(seq, key=str(seq)))
        wire.writable.set()
        await outbox.room()
        assert list(wire.events()) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
        assert len(wire.messages) == 2

    async def test_coalesces_by_key_and_keeps_what_is_critical(
        self, outbox: Outbox, wire: Server
    ) -> None:
        wire.writable.clear()
        reader = Reader()
        outbox.write_event(reader, event(1, receipt="r_1"))
        outbox.write_event(reader, event(2, receipt="r_2"))
        for seq in range(3, 40):
            outbox.write_event(reader, event(seq))
        wire.writable.set()
        await outbox.room()
        sent = list(wire.events())
        assert [seq for _, seq in sent][:2] == [1, 2]
        assert sent[-1][1] == 39
        assert [before for before, _ in sent] == [0, *(seq for _, seq in sent[:-1])]
        assert len(sent) < 20

    async def test_closes_over_the_limit(self, outbox: Outbox, wire: Server) -> None:
        wire.writable.clear()
        reader = Reader()
        for seq in range(1, 10):
            outbox.write_event(reader, event(seq, key=str(seq), padding=300))
        wire.writable.set()
        with pytest.raises(OutboxClosed):
            await outbox.room()
        await wire.closed.wait()
        assert wire.messages[-1] == {"type": "websocket.close", "code": TOO_SLOW}
        outbox.discard()

    async def test_holds_one_position_a_courier(self, outbox: Outbox, wire: Server) -> None:
        wire.writable.clear()
        outbox.write("first")
        for number in range(3):
            outbox.write_latest("one", f"one {number}")
            outbox.write_latest("two", f"two {number}")
        assert outbox.size == len("one 2two 2")
        wire.writable.set()
        await outbox.room()
        assert [message["text"] for message in wire.messages] == ["first", "one 2", "two 2"]

    async def test_keeps_only_the_latest_position(self, outbox: Outbox, wire: Server) -> None:
        wire.writable.clear()
        outbox.write("{}")
        for number in range(100):
            outbox.write_latest("pos", json.dumps({"n": number, "padding": "x" * 100}))
        wire.writable.set()
        await outbox.room()
        assert json.loads(wire.messages[-1]["text"])["n"] == 99
        assert len(wire.messages) < 20
