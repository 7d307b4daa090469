"""One socket, from its handshake to its end.

Frames that need the database wait in a queue, answered one after the other by a task that
exists only while something waits; everything else is done in the step that received it. So an
idle socket costs its server's own task and nothing else.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import assert_never

import structlog

from core import clock
from core.errors import PaidanError
from core.identifiers import new_id
from core.people.models import Person
from realtime.codes import (
    BAD_TICKET,
    CONNECTION_LIMIT,
    LEASE_EXPIRED,
    NO_AUTH,
    NO_PONG,
    PROTOCOL_ERROR,
    RATE,
    TOO_SLOW,
)
from realtime.database import in_database
from realtime.hub import Hub
from realtime.outbox import Outbox, OutboxClosed
from realtime.protocol import (
    BAD_FRAMES,
    FRAME_BYTES,
    Ack,
    Act,
    AnyClientFrame,
    Auth,
    BadFrame,
    Cmd,
    Ping,
    Pong,
    Pos,
    Refresh,
    Seen,
    Sub,
    Unsub,
    Welcome,
    decode,
    encode,
)
from realtime.requests import (
    carry_out,
    check_topic,
    get_closed_topics,
    read_person,
    receive_receipts,
    refusal,
    refusal_of,
    report_position,
)
from realtime.subscriptions import Subscription
from realtime.topics import Topic, parse_topic
from realtime.transports import Message, Receive, Wire


log = structlog.get_logger(__name__)

PING = encode(Ping())
MAX_UTF8 = 4
"""Most bytes of one character."""

Request = Callable[[], Awaitable[None]]


class NotAuthorised(RuntimeError):
    """Nobody has been let in on this socket yet."""


class Connection:
    """The server's end of one socket that was accepted."""

    __slots__ = ("_bad_frames", "_heard", "_lease_ends", "_person", "_positioned_at", "_requests",
                 "_worker", "hub", "id", "outbox", "subscriptions")  # fmt: skip

    def __init__(self, hub: Hub, wire: Wire) -> None:
        """Know nobody yet."""
        self.hub = hub
        self.id = new_id()
        limit = hub.limits.outbox_bytes
        self.outbox = Outbox(wire, limit=limit, when_full=partial(self.close, TOO_SLOW))
        self.subscriptions: dict[str, Subscription] = {}
        self._person: Person | None = None
        self._lease_ends = 0.0
        self._heard = True
        self._bad_frames = 0
        self._positioned_at = 0.0
        self._requests: deque[Request] | None = None
        self._worker: asyncio.Task[None] | None = None

    @property
    def person_key(self) -> str:
        """Id of its person."""
        return str(self.person.pk)

    @property
    def person(self) -> Person:
        """Whose socket it is, once authorised."""
        if self._person is None:
            raise NotAuthorised
        return self._person

    async def run(self, receive: Receive, *, known: Person | None) -> None:
        """Serve the socket until it is gone; `known` is who its cookie belongs to."""
        try:
            person = known or await self._authenticate(receive)
            if person is not None and self._admit(person):
                while (message := await receive())["type"] != "websocket.disconnect":
                    self._take(message)
            elif self.outbox.closing is not None:
                await _wait_for_end(receive)
        finally:
            self._end()

    def close(self, code: int) -> None:
        """Close the socket with a code of `realtime.codes.CLOSES`."""
        if self.outbox.closing is None:
            self.hub.close_counts[code] += 1
            log.info("socket.closing", conn=str(self.id), code=code)
            self.outbox.close(code)

    def beat(self) -> None:
        """Ping, or close when the lease or the peer is gone."""
        if time.monotonic() >= self._lease_ends:
            self.close(LEASE_EXPIRED)
        elif not self._heard:
            self.close(NO_PONG)
        else:
            self._heard = False
            self.outbox.write(PING)

    async def _authenticate(self, receive: Receive) -> Person | None:
        """Wait for the ticket."""
        try:
            async with asyncio.timeout(self.hub.limits.auth_seconds):
                frame = await self._first_frame(receive)
        except TimeoutError:
            self.close(NO_AUTH)
            return None
        if frame is None:
            return None
        person = await in_database(read_person, frame.ticket)
        if person is None:
            self.close(BAD_TICKET)
        return person

    async def _first_frame(self, receive: Receive) -> Auth | None:
        while self.outbox.closing is None:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return None
            frame = self._decode(message)
            if isinstance(frame, Auth):
                return frame
            if frame is not None:
                self.close(NO_AUTH)
        return None

    def _admit(self, person: Person) -> bool:
        self._person = person
        if not self.hub.admit(self):
            self.close(CONNECTION_LIMIT)
            return False
        limits = self.hub.limits
        self._extend_lease()
        welcome = Welcome(
            conn=str(self.id),
            user=self.person_key,
            lease_s=limits.lease_seconds,
            ping_s=limits.ping_seconds,
            server_time=clock.now().isoformat(),
        )
        self.outbox.write(encode(welcome))
        return True

    def _extend_lease(self) -> None:
        self._lease_ends = time.monotonic() + self.hub.limits.lease_seconds

    def _decode(self, message: Message) -> AnyClientFrame | None:
        """Read a frame; count bad ones, and close when the peer does not speak the protocol."""
        text = message.get("text")
        if text is not None and _is_too_big(text):
            self.close(PROTOCOL_ERROR)
            return None
        try:
            frame = decode(text or "")
        except BadFrame as error:
            self._bad_frames += 1
            self.outbox.write(refusal(None, "bad_frame", where=error.where))
            if self._bad_frames >= BAD_FRAMES:
                self.close(PROTOCOL_ERROR)
            return None
        self._bad_frames = 0
        return frame

    def _take(self, message: Message) -> None:
        self._heard = True
        if self.outbox.closing is not None:
            return
        frame = self._decode(message)
        if frame is not None:
            self._handle(frame)

    def _handle(self, frame: AnyClientFrame) -> None:
        match frame:
            case Pong():
                pass
            case Sub():
                self._request(partial(self._subscribe, frame))
            case Unsub():
                self._request(partial(self._unsubscribe, frame.topic))
            case Cmd():
                self._request(partial(self._carry_out, frame))
            case Ack() | Seen() | Act():
                self._note_receipts(frame)
            case Pos():
                self._note_position(frame)
            case Auth() | Refresh():
                self._request(partial(self._refresh, frame.ticket))
            case _:
                assert_never(frame)

    def _request(self, request: Request) -> None:
        if self._requests is None:
            self._requests = deque()
        self._requests.append(request)
        if len(self._requests) > self.hub.limits.waiting_requests:
            self.close(RATE)
        elif self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        """Answer what waits, in order."""
        try:
            while self._requests and self.outbox.closing is None:
                await self._requests.popleft()()
        except OutboxClosed:
            pass
        finally:
            self._worker = None
            self._requests = None

    async def _subscribe(self, frame: Sub) -> None:
        try:
            topic = parse_topic(frame.topic)
            await in_database(check_topic, self.person, topic)
            await self._unsubscribe(frame.topic)
            subscription = Subscription(self, await self.hub.open(topic))
            self.subscriptions[frame.topic] = subscription
            if topic.is_sequenced:
                await subscription.join(frame)
            else:
                subscription.watch(frame)
        except OutboxClosed:
            raise
        except PaidanError as error:
            self.outbox.write(refusal_of(frame.id, error))
        except Exception as error:  # noqa: BLE001  a socket answers every sub, whatever happens
            await self._unsubscribe(frame.topic)
            self.outbox.write(refusal_of(frame.id, error))

    async def _unsubscribe(self, topic: str) -> None:
        subscription = self.subscriptions.pop(topic, None)
        if subscription is not None:
            subscription.leave()

    async def _carry_out(self, frame: Cmd) -> None:
        self.outbox.write(await in_database(carry_out, self.person, frame))

    def _note_receipts(self, frame: Ack | Seen | Act) -> None:
        if isinstance(frame, Ack):
            subscription = self.subscriptions.get(frame.topic)
            receipts = subscription.acknowledged(frame.seq) if subscription else []
        else:
            receipts = list(frame.r)
        if receipts:
            call = partial(in_database, receive_receipts, self.person, frame, receipts)
            self._request(partial(self._tell_refusal, call))

    def _note_position(self, frame: Pos) -> None:
        now = time.monotonic()
        if now - self._positioned_at >= self.hub.limits.position_seconds:
            self._positioned_at = now
            call = partial(in_database, report_position, self.person, frame)
            self._request(partial(self._tell_refusal, call))

    async def _tell_refusal(self, call: Callable[[], Awaitable[str | None]]) -> None:
        refused = await call()
        if refused is not None:
            self.outbox.write(refused)

    async def _refresh(self, ticket: str) -> None:
        """Renew the lease, and leave every topic that is no longer the person's."""
        person = await in_database(read_person, ticket)
        if person is None or person.pk != self.person.pk:
            self.close(BAD_TICKET)
            return
        self._person = person
        self._extend_lease()
        topics: list[Topic] = [parse_topic(text) for text in self.subscriptions]
        for topic in await in_database(get_closed_topics, person.pk, topics):
            await self._unsubscribe(str(topic))
            self.outbox.write(refusal(None, "not_found", topic=str(topic)))

    def _end(self) -> None:
        if self._person is not None:
            self.hub.dismiss(self)
        for subscription in self.subscriptions.values():
            subscription.leave()
        if self._worker is not None:
            self._worker.cancel()
        self.outbox.discard()


def _is_too_big(text: str) -> bool:
    # Most frames are so short that they need not be encoded to be measured.
    return len(text) * MAX_UTF8 > FRAME_BYTES and len(text.encode()) > FRAME_BYTES


async def _wait_for_end(receive: Receive) -> None:
    """Let the closing handshake happen; the outbox cuts the socket when it does not."""
    while (await receive())["type"] != "websocket.disconnect":
        pass
