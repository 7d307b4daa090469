"""A cheap WebSocket client: it counts marked events instead of parsing what carries them.

The load generator shares the machine with the servers, so each frame must cost it little. An
event is recognised by a mark `~number~nanoseconds~` anywhere inside a text frame.
"""

import asyncio
import base64
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit


MARK = re.compile(rb"~(\d+)~(\d+)~")
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_LONGEST_SHORT_PAYLOAD = 125


def mark(number: int, at_ns: int | None = None) -> str:
    return f"~{number}~{at_ns or time.monotonic_ns()}~"


@dataclass(frozen=True)
class Conversation:
    """What one socket says and hears until it is subscribed.

    `steps` alternates: a frame to wait for (recognised by a substring), then the reply to it; an
    empty wait means "as soon as the socket is open", an empty reply means "say nothing".
    `answers` are frames answered for as long as the socket lives.
    """

    url: str
    steps: Sequence[tuple[str, str]] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    subprotocol: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    topic: str = ""


@dataclass(frozen=True)
class Expectation:
    """What every socket must get: events numbered from 0, the first of them to warm up."""

    events: int
    warm_up: int = 0


@dataclass
class Tally:
    """What one socket received of the events numbered from 0."""

    seen: bytearray
    warm_up: int
    delivered: int = 0
    duplicates: int = 0
    out_of_order: int = 0
    last: int = -1
    latencies_ns: list[int] = field(default_factory=list)

    def note(self, number: int, sent_ns: int, now_ns: int) -> None:
        if self.seen[number]:
            self.duplicates += 1
            return
        self.seen[number] = 1
        self.delivered += 1
        self.out_of_order += number < self.last
        self.last = number
        if number >= self.warm_up:
            self.latencies_ns.append(now_ns - sent_ns)


class Socket(asyncio.Protocol):
    """One client socket."""

    def __init__(self, talk: Conversation, expectation: Expectation) -> None:
        self.talk = talk
        self.tally = Tally(seen=bytearray(expectation.events), warm_up=expectation.warm_up)
        self.ready = asyncio.get_running_loop().create_future()
        self.closed_because = ""
        self._answers = {k.encode(): v.encode() for k, v in talk.answers.items()}
        self._steps = [(wait.encode(), reply.encode()) for wait, reply in talk.steps]
        self._buffer = b""
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio.Transport in all but name.
        self._transport: asyncio.Transport = cast("asyncio.Transport", transport)
        parts = urlsplit(self.talk.url)
        lines = [
            f"GET {parts.path}{'?' if parts.query else ''}{parts.query} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            f"Origin: http://{parts.netloc}",
        ]
        if self.talk.subprotocol:
            lines.append(f"Sec-WebSocket-Protocol: {self.talk.subprotocol}")
        lines += [f"{name}: {value}" for name, value in self.talk.headers.items()]
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed_because = self.closed_because or str(exc or "closed")
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(self.closed_because))

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if not self._upgraded:
            head, separator, buffer = buffer.partition(b"\r\n\r\n")
            if not separator:
                self._buffer = head
                return
            if b" 101 " not in head[:16]:
                self.closed_because = head.decode(errors="replace")
                self._transport.abort()
                return
            self._upgraded = True
            self._opened()
        self._buffer = self._frames(buffer)

    def _frames(self, buffer: bytes) -> bytes:
        """Take every whole frame off the buffer and return the rest; servers never mask."""
        at, size = 0, len(buffer)
        while size - at >= 2:
            length, body = buffer[at + 1], at + 2
            if length == 126:
                body = at + 4
                length = int.from_bytes(buffer[at + 2 : at + 4], "big")
            elif length == 127:
                body = at + 10
                length = int.from_bytes(buffer[at + 2 : at + 10], "big")
            if size < body + length:
                break
            self._frame(buffer[at] & 0x0F, buffer[body : body + length])
            at = body + length
        return buffer[at:]

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == _PING:
            self._send(_PONG, payload)
        elif opcode == _CLOSE:
            self.closed_because = f"close {int.from_bytes(payload[:2], 'big')} {payload[2:]!r}"
        elif self._steps:
            self._advance(payload)
        elif payload in self._answers:
            self._send(_TEXT, self._answers[payload])
        else:
            self.heard(payload)

    def heard(self, payload: bytes) -> None:
        """Count the marked events of a frame."""
        now = time.monotonic_ns()
        for number, sent_ns in MARK.findall(payload):
            self.tally.note(int(number), int(sent_ns), now)

    def _opened(self) -> None:
        if self._steps and not self._steps[0][0]:
            self.say(self._steps.pop(0)[1])
        self._settle()

    def _advance(self, payload: bytes) -> None:
        wait, reply = self._steps[0]
        if wait in payload:
            self._steps.pop(0)
            if reply:
                self.say(reply)
            self._settle()

    def _settle(self) -> None:
        if not self._steps and not self.ready.done():
            self.ready.set_result(None)

    def say(self, payload: bytes) -> None:
        self._send(_TEXT, payload)

    def _send(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        if length <= _LONGEST_SHORT_PAYLOAD:
            head = bytes((0x80 | opcode, 0x80 | length))
        else:
            head = bytes((0x80 | opcode, 0x80 | 126)) + length.to_bytes(2, "big")
        # A zero mask is legal and leaves the payload as it is.
        self._transport.write(head + b"\0\0\0\0" + payload)


async def open_socket(client: Socket) -> None:
    """Connect a socket and hold its conversation until it is subscribed."""
    parts = urlsplit(client.talk.url)
    await asyncio.get_running_loop().create_connection(
        lambda: client, parts.hostname or "127.0.0.1", parts.port or 80
    )
    await asyncio.wait_for(client.ready, 30)
