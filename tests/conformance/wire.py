"""One socket to the hub: sends anything, judges everything that comes, keeps a ledger a topic."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.conformance.judge import Judge
from tests.conformance.ledger import Frame, Ledger, Position
from tests.conformance.rules import broken, hold


SECONDS = 60.0
"""How long to wait for what must come."""


class Closed(Exception):
    """The hub closed the socket."""

    def __init__(self, code: int | None) -> None:
        """Keep why."""
        super().__init__(f"closed with {code}")
        self.code = code


class Wire(Judge):
    """Reads on demand: what nobody asks for waits in the socket."""

    def __init__(self, socket: ClientConnection) -> None:
        super().__init__()
        self.socket = socket
        self.answers_pings = True
        self._last_id = 0

    async def send(self, frame: Frame | str | bytes) -> None:
        """Send a frame, or something that is none."""
        text = json.dumps(frame) if isinstance(frame, dict) else frame
        self._ids.update(_ids_in(text))
        try:
            await self.socket.send(text)
        except ConnectionClosed:
            raise Closed(self.socket.close_code) from None

    async def until(
        self, is_so: Callable[[], object], what: str, *, seconds: float = SECONDS
    ) -> None:
        """Read until something is so."""
        try:
            async with asyncio.timeout(seconds):
                while not is_so():
                    await self.take()
        except TimeoutError:
            broken("arrival", what, f"nothing more within {seconds:g} s")
        except Closed as closed:
            broken("close", f"an open socket until {what}", closed.code)

    async def take(self) -> Frame:
        """Read one frame and note what it says.

        :raises Closed: there is none any more.
        """
        try:
            text = await self.socket.recv()
        except ConnectionClosed:
            raise Closed(self.socket.close_code) from None
        if not isinstance(text, str):
            broken("frame", "text", "binary")
        frame = self.judge(text)
        if frame["t"] == "ping" and self.answers_pings:
            await self.send({"t": "pong"})
        return frame

    async def code(self, *, seconds: float = SECONDS) -> int | None:
        """Read to the end; return why the hub closed."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.take()
        except TimeoutError:
            broken("close", "the end of the socket", f"still open after {seconds:g} s")
        except Closed as closed:
            return closed.code

    async def must_close(self, *codes: int, seconds: float = SECONDS) -> None:
        """Read to the end, which must be one of `codes`."""
        code = await self.code(seconds=seconds)
        hold("close", " or ".join(map(str, codes)), code, when=code in codes)

    async def ask(self, frame: Frame, *, seconds: float = SECONDS) -> Frame:
        """Send a frame with a fresh id and return the frame that answers it."""
        self._last_id += 1
        number = self._last_id
        await self.send({**frame, "id": number})
        await self.until(
            lambda: number in self.answers, f"an answer to {frame['t']}", seconds=seconds
        )
        return self.answers[number]

    async def subscribe(
        self, topic: str, since: Position | None = None, *, may_skip: bool = False
    ) -> Ledger:
        """Join a topic and read until the answer is whole."""
        return await self.whole(await self.begin(topic, since, may_skip=may_skip))

    async def whole(self, ledger: Ledger) -> Ledger:
        """Read until the answer to `sub` is whole."""
        await self.until(lambda: ledger.is_whole, f"the whole answer to sub {ledger.topic}")
        return ledger

    async def reach(self, ledger: Ledger, seq: int) -> None:
        """Read until the topic stands at `seq`, or beyond."""
        await self.until(lambda: ledger.seq >= seq, f"seq {seq} of {ledger.topic}")

    async def heard(self, ledger: Ledger, count: int) -> None:
        """Read until so many events of the topic have come."""
        await self.until(lambda: len(ledger.events) >= count, f"{count} events of {ledger.topic}")

    async def pinged(self, count: int, *, seconds: float) -> None:
        """Read until so many pings have come."""
        await self.until(lambda: self.ping_count >= count, f"ping {count}", seconds=seconds)

    async def begin(
        self, topic: str, since: Position | None = None, *, may_skip: bool = False
    ) -> Ledger:
        """Ask to join a topic, and read nothing yet."""
        self._last_id += 1
        ledger = Ledger(topic, since, may_skip=may_skip)
        self.expect(self._last_id, ledger)
        frame: Frame = {"t": "sub", "id": self._last_id, "topic": topic}
        if since is not None:
            frame["since"] = {"epoch": since[0], "seq": since[1]}
        await self.send(frame)
        return ledger

    async def refused(self, topic: str, since: Position | None = None) -> Frame:
        """Try to join a topic; return the refusal."""
        frame: Frame = {"t": "sub", "topic": topic}
        if since is not None:
            frame["since"] = {"epoch": since[0], "seq": since[1]}
        answer = await self.ask(frame)
        hold("answer", f"err to sub {topic!r}", answer["t"], when=answer["t"] == "err")
        return answer

    async def command(self, name: str, **arguments: Any) -> Frame:
        """Give a command; return its `ok` or `err`. `key` and `ver` go into the frame."""
        frame: Frame = {"t": "cmd", "name": name, "args": arguments}
        for member in ("key", "ver"):
            if member in arguments:
                frame[member] = arguments.pop(member)
        return await self.ask(frame)

    async def settle(self) -> None:
        """Wait until what was sent so far is done: requests are answered in order."""
        await self.command("no.such_command")


async def all_reach(wires: Sequence[Wire], topic: str, seq: int) -> None:
    """Read from many sockets until the topic stands at `seq` on each."""
    await asyncio.gather(*(wire.reach(wire.ledgers[topic], seq) for wire in wires))


def _ids_in(text: str | bytes) -> set[int]:
    """Ids that a frame asks to be answered with, if it is one."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return set()
    return {frame["id"]} if isinstance(frame, dict) and isinstance(frame.get("id"), int) else set()
