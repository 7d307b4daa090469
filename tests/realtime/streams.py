"""Streams and polls over plain HTTP, for tests: what a browser or a mini-program would do."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientResponse, ClientSession, ClientTimeout

from realtime.streaming.requests import MOST_WAIT_SECONDS
from tests.realtime.conftest import Shop
from tests.realtime.node import Node
from tests.realtime.raw import SECONDS


@dataclass(frozen=True)
class Told:
    """One message of an event stream."""

    id: str
    frame: dict[str, Any]


class EventStream:
    """An open response, read message by message."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response
        self.comments: list[str] = []
        self.retries: list[int] = []

    async def message(self) -> Told | None:
        """Read the next message; None at the end of the stream."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(SECONDS):
            while line := (await self.response.content.readline()).decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if not name and "data" in fields:
                    return Told(fields["id"], json.loads(fields["data"]))
                self._note(name, value)
                fields[name] = value
        return None

    async def read(self, kind: str) -> Told:
        """Skip to the next frame of that kind."""
        while (told := await self.message()) is not None:
            if told.frame["t"] == kind:
                return told
        raise EOFError(kind)

    async def texts(self, until: str) -> list[str]:
        """What is said on the board, up to and with `until`."""
        said: list[str] = []
        while until not in said:
            told = await self.message()
            assert told is not None
            said += [str(event["d"]["text"]) for event in events_in([told.frame])]
        return said

    async def end(self) -> None:
        """Read to the end."""
        while await self.message() is not None:
            pass

    def _note(self, name: str, value: str) -> None:
        if name == "" and value:
            self.comments.append(value)
        elif name == "retry":
            self.retries.append(int(value))


def shown(snap: dict[str, Any]) -> list[str]:
    """What the rows of a snapshot say."""
    return [str(row["d"]["text"]) for row in snap["rows"] if "text" in row["d"]]


def events_in(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events of frames, be they alone or in batches."""
    found: list[dict[str, Any]] = []
    for frame in frames:
        if frame["t"] == "evs":
            found += frame["evs"]
        elif frame["t"] == "ev":
            found.append(frame)
    return found


def address(node: Node) -> str:
    """Where the node streams."""
    return f"http://127.0.0.1:{node.port}/api/v1/stream"


@asynccontextmanager
async def requested(
    node: Node,
    *topics: str,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[ClientResponse]:
    """Send one GET and leave its answer open."""
    fields = [*(("topic", topic) for topic in topics), *(query or {}).items()]
    async with (
        ClientSession(timeout=ClientTimeout(total=None), read_bufsize=2**18) as session,
        session.get(address(node), params=fields, headers=headers, allow_redirects=False) as found,
    ):
        yield found


@asynccontextmanager
async def streamed(
    shop: Shop, *topics: str, since: str = "", node: Node | None = None
) -> AsyncIterator[EventStream]:
    """Open an event stream of the shop's board, or of `topics`, as one of its people."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": since} if since else {})
    query = {"ticket": await shop.ticket()}
    async with requested(
        node or shop.node, *(topics or [shop.topic]), query=query, headers=headers
    ) as response:
        assert response.status == 200, await response.text()
        yield EventStream(response)


async def poll(
    shop: Shop,
    *topics: str,
    since: str = "",
    wait: float = MOST_WAIT_SECONDS,
    node: Node | None = None,
) -> tuple[str, list[dict[str, Any]]]:
    """Poll once; return the new cursor and the frames."""
    query = {"ticket": await shop.ticket(), "wait": str(wait)} | (
        {"since": since} if since else {}
    )
    async with requested(node or shop.node, *(topics or [shop.topic]), query=query) as response:
        answer = await response.json()
        assert response.status == 200, answer
        return answer["cursor"], answer["frames"]
