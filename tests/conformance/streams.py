"""The stream over HTTP, for those without sockets: server-sent events and long polls."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.conformance.judge import Judge
from tests.conformance.ledger import Frame, Ledger
from tests.conformance.rules import broken, hold
from tests.conformance.wire import SECONDS
from tests.conformance.world import Json, Person, Refused, World


PATH = "/api/v1/stream"
RECEIPTS = "/stream/receipts"
"""Below `/api/v1`."""
EVENTS = "text/event-stream"

Query = list[tuple[str, str]]


class Stream(Judge):
    """What comes of some topics, whichever way; goes on from the ledgers of the one before."""

    def __init__(self, topics: Sequence[str], before: "Stream | None" = None) -> None:
        super().__init__()
        self.cursor: str = before.cursor if before else ""
        for number, topic in enumerate(topics):
            known = before.ledgers.get(topic) if before else None
            if known is not None and known.has_position:
                ledger = Ledger(topic, known.position)
                ledger.rows |= known.rows
            else:
                ledger = Ledger(topic)
            self.expect(number, ledger)


class EventStream(Stream):
    """A response that goes on: each message is one frame, with the cursor behind it."""

    def __init__(
        self, body: aiohttp.StreamReader, topics: Sequence[str], before: Stream | None
    ) -> None:
        super().__init__(topics, before)
        self._body = body

    async def take(self) -> Frame:
        """Read one message and note its frame."""
        fields: dict[str, str] = {}
        while "data" not in fields:
            fields = await self._message()
        hold("answer", "an id with every message", fields, when=bool(fields.get("id")))
        frame = self.judge(fields["data"])
        self.cursor = fields["id"]
        return frame

    async def until(self, is_so: Callable[[], object], what: str) -> None:
        """Read until something is so."""
        try:
            async with asyncio.timeout(SECONDS):
                while not is_so():
                    await self.take()
        except TimeoutError:
            broken("arrival", what, f"nothing more within {SECONDS:g} s")

    async def joined(self, topic: str) -> Ledger:
        """Read until the answer for a topic is whole."""
        await self.until(lambda: topic in self.ledgers, f"subd {topic}")
        ledger = self.ledgers[topic]
        await self.until(lambda: ledger.is_whole, f"the whole answer for {topic}")
        return ledger

    async def heard(self, ledger: Ledger, count: int) -> None:
        """Read until so many events of a topic have come."""
        await self.until(lambda: len(ledger.events) >= count, f"{count} events of {ledger.topic}")

    async def _message(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        while line := (await self._line()).rstrip("\r\n"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        return fields

    async def _line(self) -> str:
        line = await self._body.readline()
        if not line:
            broken("close", "a stream that goes on", "its end")
        return line.decode()


@asynccontextmanager
async def following(
    world: World, person: Person | None, *topics: str, before: Stream | None = None, **ask: Any
) -> AsyncIterator[EventStream]:
    """Open an event stream; `before` is one whose last message it goes on from."""
    headers = {"Accept": EVENTS, **ask.pop("headers", {})}
    if before is not None:
        headers["Last-Event-ID"] = before.cursor
    async with _get(world, person, topics, headers, **ask) as response:
        kind = response.headers.get("Content-Type", "")
        hold("served", EVENTS, kind, when=kind.startswith(EVENTS))
        yield EventStream(response.content, topics, before)


async def poll(
    world: World, person: Person | None, *topics: str, before: Stream | None = None, **ask: Any
) -> Stream:
    """Ask once; what came, judged. `wait` is how many seconds the hub may take.

    `query` are further members of the query, `headers` further headers.
    """
    query = {"wait": str(ask.get("wait", 0))} | ({"since": before.cursor} if before else {})
    headers = {"Accept": "application/json", **ask.get("headers", {})}
    query |= ask.get("query", {})
    async with _get(world, person, topics, headers, **query) as response:
        answer: Json = await response.json()
    stream = Stream(topics, before)
    for frame in answer["frames"]:
        stream.judge(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
    hold("answer", "a cursor", answer, when=isinstance(answer.get("cursor"), str))
    stream.cursor = answer["cursor"]
    return carried(stream, topics, before)


def carried(stream: Stream, topics: Sequence[str], before: Stream | None) -> Stream:
    """Keep what was known of topics that this answer says nothing of."""
    for topic in topics:
        if before is not None and topic not in stream.ledgers and topic in before.ledgers:
            stream.ledgers[topic] = before.ledgers[topic]
    return stream


@asynccontextmanager
async def _get(
    world: World,
    person: Person | None,
    topics: Sequence[str],
    headers: Mapping[str, str],
    **query: str,
) -> AsyncIterator[aiohttp.ClientResponse]:
    asked: Query = [*(("topic", topic) for topic in topics), *query.items()]
    own = {"Authorization": f"Bearer {person.token}"} if person else {}
    limit = aiohttp.ClientTimeout(total=None, sock_read=SECONDS * 4)
    async with world.api.get(
        PATH, params=asked, headers={**own, **headers}, timeout=limit
    ) as response:
        if response.status >= 400:
            raise Refused(response.status, await response.json(content_type=None))
        yield response
