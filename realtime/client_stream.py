"""A client's connection where no socket gets through: server-sent events, and HTTP for the rest.

To its user it looks like a socket. A question for a topic opens the stream anew, from where
every topic stands; a command is a POST, and its answer comes back as a frame.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from realtime.client_http import HttpRequests
from realtime.client_link import Opener, Wire
from realtime.client_sse import EventStreamParser
from realtime.client_terms import HttpAccess
from realtime.codes import BAD_TICKET, OVERLOAD
from realtime.cursors import codes_of, write_cursor
from realtime.protocol import (
    Ack,
    Act,
    ClientFrame,
    Cmd,
    Err,
    Pong,
    Pos,
    Seen,
    Sub,
    Unsub,
    Welcome,
    encode,
)


DAY_SECONDS: Final = 86_400
HELD: Final = 64
"""Messages that wait for a user who is busy; then the stream waits."""

Questions = Callable[[], Sequence[Sub]]
"""Asks again for every topic, from where it stands."""


@dataclass(slots=True)
class Asked:
    """A question for a topic, and whether the stream has answered it."""

    number: int
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What one of the streams said, the text of a frame; or how it ended, None."""

    stream: int
    topics: tuple[str, ...]
    text: str | None
    close_code: int | None = None
    close_reason: str | None = None
    refused: dict[str, Any] | None = None
    """The problem that keeps one of its topics from us, and so the stream from beginning."""


class StreamWire:
    """One stream after another, as topics come and go."""

    def __init__(self, access: HttpAccess, ticket: str, questions: Questions) -> None:
        """Open the first one."""
        self.close_code: int | None = None
        self.close_reason: str | None = None
        self._url = f"{access.base_url}/api/v1/stream"
        self._ticket = ticket
        self._questions = questions
        self._session = ClientSession(
            headers=access.headers, timeout=ClientTimeout(total=None), trust_env=False
        )
        self._http = HttpRequests(self._session, access)
        self._told: asyncio.Queue[Told] = asyncio.Queue(HELD)
        self._asked: dict[str, Asked] = {}
        self._stream = 0
        self._reading: asyncio.Task[None] | None = None
        self._requests: set[asyncio.Task[None]] = set()
        self._is_stale = False
        """Whether another stream is about to take the place of this one."""
        self._is_greeted = False
        self._conn = ""
        """The server's name for the newest stream."""
        self._is_over = False
        self._open()

    async def send(self, frame: ClientFrame) -> None:
        """Do what a socket's server would be asked for; a ticket is of no use here."""
        match frame:
            case Sub():
                self._subscribe(frame)
            case Unsub():
                if frame.topic in self._asked:
                    self._reopen()
            case Ack() | Seen() | Act():
                self._start(self._tell(frame))
            case Cmd():
                self._start(self._command(frame))
            case Pong(health=health) if health is not None and self._conn:
                self._start(self._http.tell_health(self._conn, health))
            case Pos():
                self._start(self._http.report(frame))

    async def receive(self) -> str | bytes | None:
        """Return what the newest stream says; what an older one did is asked for anew."""
        while not self._is_over:
            told = await self._told.get()
            if told.stream not in (self._stream, 0):
                continue
            text = self._take(told)
            if text is not None:
                return text
        return None

    async def leave(self) -> None:
        await self.cut()

    async def cut(self) -> None:
        if self._session.closed:
            return
        self._end()
        with suppress(asyncio.QueueFull):
            self._told.put_nowait(Told(0, (), None))
        await self._session.close()

    def _subscribe(self, frame: Sub) -> None:
        """The first questions were known when the stream was opened; any other needs a new one."""
        asked = self._asked.get(frame.topic)
        if asked is not None and not asked.is_answered:
            asked.number = frame.id
        else:
            self._reopen()

    def _reopen(self) -> None:
        """Several changes at once need one new stream."""
        if not self._is_stale:
            self._is_stale = True
            asyncio.get_running_loop().call_soon(self._open)

    def _open(self) -> None:
        self._is_stale = False
        if self._is_over:
            return
        if self._reading is not None:
            self._reading.cancel()
        questions = self._questions()
        self._asked = {question.topic: Asked(question.id) for question in questions}
        self._stream += 1
        reading = self._read(self._stream, questions) if questions else self._greet()
        self._reading = self._start(reading)

    async def _greet(self) -> None:
        """Nobody streams nothing; commands can be given all the same."""
        welcome = Welcome(
            conn="",
            user="",
            lease_s=DAY_SECONDS,
            ping_s=DAY_SECONDS,
            server_time=datetime.now(UTC).isoformat(),
        )
        await self._told.put(Told(0, (), encode(welcome)))

    async def _read(self, stream: int, questions: Sequence[Sub]) -> None:
        topics = tuple(question.topic for question in questions)
        query = [*(("topic", topic) for topic in topics), ("ticket", self._ticket)]
        headers = {"Accept": "text/event-stream", **_place_of(questions)}
        end = Told(stream, topics, None)
        try:
            async with self._session.get(self._url, params=query, headers=headers) as response:
                if response.ok:
                    parser = EventStreamParser()
                    async for piece in response.content.iter_any():
                        for text in parser.feed(piece):
                            await self._told.put(Told(stream, topics, text))
                else:
                    end = await _refusal(stream, topics, response)
        except (ClientError, OSError, ValueError):
            pass  # it ended, and that is all there is to say
        await self._told.put(end)

    def _take(self, told: Told) -> str | None:
        """Return the frame for our user, if there is one."""
        if told.text is not None:
            return self._frame_of(told.text, told.topics)
        refused = told.refused or {}
        if (asked := self._asked.pop(refused.get("topic", ""), None)) is not None:
            # One topic that is not ours keeps the others from us: say so, and go on without it.
            self._reopen()
            return encode(Err(id=asked.number, code=refused["code"], retry=False, d=refused))
        # A ticket serves a minute; a stream that was opened anew may need another one.
        is_late = told.close_code == BAD_TICKET and self._is_greeted
        self.close_code = None if is_late else told.close_code
        self.close_reason = told.close_reason
        self._end()
        return None

    def _frame_of(self, text: str, topics: Sequence[str]) -> str | None:
        """Number an answer as its question was; every stream but the first welcomes in vain."""
        try:
            frame: dict[str, Any] = json.loads(text)
        except ValueError:
            return text  # our user knows what to make of it
        if frame["t"] == "welcome" and topics:
            self._conn = frame["conn"]
            is_new, self._is_greeted = not self._is_greeted, True
            return text if is_new else None
        if frame["t"] in ("subd", "err") and topics and "id" in frame:
            asked = self._asked.get(topics[frame["id"]])
            if asked is None:
                return None
            asked.is_answered = True
            return json.dumps({**frame, "id": asked.number})
        return text

    async def _tell(self, frame: Ack | Seen | Act) -> None:
        """Tell of receipts; what nobody heard is said again over another connection."""
        if not await self._http.tell(frame):
            await self._told.put(Told(0, (), None))

    async def _command(self, frame: Cmd) -> None:
        """Without an answer the command is repeated under its key by whoever waits for it."""
        answer = await self._http.command(frame)
        if answer is not None:
            await self._told.put(Told(0, (), encode(answer)))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)
        return task

    def _end(self) -> None:
        self._is_over = True
        for task in tuple(self._requests):
            task.cancel()


def stream_opener(access: HttpAccess, questions: Questions) -> Opener:
    """Open streams at the server that `access` names."""

    async def open_stream(ticket: str) -> Wire:
        return StreamWire(access, ticket, questions)

    return open_stream


def _place_of(questions: Sequence[Sub]) -> dict[str, str]:
    """Where every topic stands; one that is not named begins with a snapshot."""
    since = {each.topic: each.since for each in questions if each.since is not None}
    parts = [
        (code, since[topic].seq, since[topic].epoch) for topic, code in codes_of(since).items()
    ]
    return {"Last-Event-ID": write_cursor(parts)} if parts else {}


async def _refusal(stream: int, topics: tuple[str, ...], response: ClientResponse) -> Told:
    """Say how a stream ended that was refused."""
    seconds = response.headers.get("Retry-After", "")
    match response.status:
        case 404:
            problem = await response.json(content_type=None)
            return Told(stream, topics, None, refused=problem)
        case 401 | 403:
            return Told(stream, topics, None, BAD_TICKET)
        case _ if seconds.isdigit():
            return Told(stream, topics, None, OVERLOAD, f"retry_ms={seconds}000")
        case _:
            return Told(stream, topics, None)
