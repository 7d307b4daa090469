"""One peer of the hub, whatever carries its frames: who it is, what it gets, what it asks for.

Frames that need the database wait in a queue, answered one after the other by a task that
exists only while something waits; everything else is done in the step that received it. So an
idle session costs its server's own task and nothing else.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final, assert_never

import structlog
from django.db import DatabaseError

from core import clock
from core.errors import PaidanError
from core.identifiers import new_id
from notifications.receipts import portions
from realtime.codes import (
    BAD_TICKET,
    CONNECTION_LIMIT,
    LEASE_EXPIRED,
    NO_PONG,
    OVERLOAD,
    RATE,
    TOO_SLOW,
)
from realtime.database import in_database, in_database_at_once
from realtime.feeds import Feed
from realtime.guest_subscriptions import GuestSubscription
from realtime.history import History
from realtime.hub import Hub
from realtime.outbox import Outbox, OutboxClosed
from realtime.protocol import (
    Ack,
    Act,
    AnyClientFrame,
    Auth,
    Cmd,
    Drain,
    Ping,
    Pong,
    Pos,
    Refresh,
    Seen,
    Sub,
    Unsub,
    Welcome,
    encode,
)
from realtime.requests import (
    carry_out,
    get_closed_topics,
    receive_receipts,
    refusal,
    refusal_of,
    report_position,
)
from realtime.snapshots import SnapshotCache
from realtime.spacing import Spacing
from realtime.subscriptions import Subscription
from realtime.topics import Topic, parse_topic
from realtime.transports import TextFrame, Wire
from realtime.visitors import Guest, Known, Visitor, seconds_left
from realtime.waiting_receipts import Kind, WaitingReceipts


log = structlog.get_logger(__name__)

PING = TextFrame(encode(Ping()))
FINISH_SECONDS: Final = 5.0
"""How long a session that is being closed may wait for answers and for a slow reader."""

Request = Callable[[], Awaitable[None]]


class NotAuthorised(RuntimeError):
    """Nobody has been let in yet."""


class Session:
    """The server's end of one connection; nobody's until `admit`."""

    __slots__ = ("_heard", "_lease_ends", "_positioned_at", "_receipts", "_requests", "_visitor",
                 "_worker", "hub", "id", "outbox", "subscriptions")  # fmt: skip

    def __init__(self, hub: Hub, wire: Wire) -> None:
        """Know nobody yet."""
        self.hub = hub
        self.id = new_id()
        limit = hub.limits.outbox_bytes
        self.outbox = Outbox(wire, limit=limit, when_full=partial(self.close, TOO_SLOW))
        self.subscriptions: dict[str, Subscription] = {}
        self._visitor: Visitor | None = None
        self._lease_ends = 0.0
        self._heard = True
        self._positioned_at = 0.0
        self._receipts: WaitingReceipts | None = None
        self._requests: deque[Request] | None = None
        self._worker: asyncio.Task[None] | None = None

    @property
    def visitor(self) -> Visitor:
        """Whose session it is, once admitted."""
        if self._visitor is None:
            raise NotAuthorised
        return self._visitor

    @property
    def person_key(self) -> str:
        """What the hub counts and revokes by."""
        return self.visitor.key

    @property
    def revoked_at(self) -> datetime | None:
        """When its person had last lost a right as they were let in."""
        visitor = self.visitor
        return visitor.person.sockets_revoked_at if isinstance(visitor, Known) else None

    @property
    def snapshots(self) -> SnapshotCache:
        """Where its subscriptions get snapshots."""
        is_guest = isinstance(self.visitor, Guest)
        return self.hub.guest_snapshots if is_guest else self.hub.snapshots

    @property
    def topics(self) -> Collection[str]:
        """What it follows."""
        return self.subscriptions.keys()

    @property
    def waiting_bytes(self) -> int:
        """How much its reader has yet to take."""
        return self.outbox.size

    @property
    def is_stream(self) -> bool:
        """Whether it came over HTTP, and not as a socket."""
        return False

    @property
    def history(self) -> History:
        """Where its subscriptions get what their rings do not hold."""
        return self.hub.history

    @property
    def spacing(self) -> Spacing:
        """When its person was last shown where a courier is, on what they have left."""
        return self.hub.spacing

    @property
    def is_closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self.outbox.closing is not None

    def admit(self, visitor: Visitor) -> bool:
        """Let somebody in and welcome them, unless they have too many connections."""
        self._visitor = visitor
        if not self.hub.admit(self):
            self.close(CONNECTION_LIMIT)
            return False
        limits = self.hub.limits
        lease_seconds = self._extend_lease()
        welcome = Welcome(
            conn=str(self.id),
            user=visitor.user,
            lease_s=lease_seconds,
            ping_s=limits.ping_seconds,
            server_time=clock.now().isoformat(),
        )
        self.outbox.write(encode(welcome))
        return True

    def heard(self) -> None:
        """Note that the peer is alive."""
        self._heard = True

    def beat(self) -> None:
        """Ping, or close when the lease or the peer is gone."""
        if time.monotonic() >= self._lease_ends:
            self.close(LEASE_EXPIRED)
        elif not self._heard:
            self.close(NO_PONG)
        else:
            self._heard = False
            self.outbox.write_frame(PING)

    def warn(self, *, retry_ms: int) -> None:
        """Tell the peer that it will be closed, and when to come back then."""
        self.outbox.write(encode(Drain(retry_ms=retry_ms)))

    def turn_away(self, *, retry_ms: int) -> None:
        """Close because too many came at once."""
        self.warn(retry_ms=retry_ms)
        self.close(OVERLOAD)

    async def finish(self, code: int) -> None:
        """Close once everything asked for is answered and sent, or after a few seconds."""
        with suppress(TimeoutError, OutboxClosed):
            async with asyncio.timeout(FINISH_SECONDS):
                while self._worker is not None:
                    await asyncio.wait({self._worker})
                await self.outbox.room()
        self.close(code)

    def close(self, code: int) -> None:
        """Close the connection with a code of `realtime.codes.CLOSES`."""
        if not self.is_closing:
            self.hub.presence.ended(self)
            self.hub.close_counts[code] += 1
            log.info("socket.closing", conn=str(self.id), code=code)
            self.outbox.close(code)

    def end(self) -> None:
        """Leave everything: the connection is gone."""
        if self._visitor is not None:
            self.hub.dismiss(self)
        self.hub.presence.ended(self)
        for subscription in self.subscriptions.values():
            subscription.leave()
        if self._worker is not None:
            self._worker.cancel()
        self.outbox.discard()

    def handle(self, frame: AnyClientFrame) -> None:
        """Do what a frame asks for; answers come through the outbox."""
        match frame:
            case Pong():
                self.hub.presence.heard(self, frame.health)
            case Sub():
                self._request(partial(self.subscribe, frame))
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

    def later(self, request: Request) -> None:
        """Do something in turn with what the peer asks for."""
        self._request(request)

    def _extend_lease(self) -> int:
        """Begin the lease anew and return how many seconds it lasts."""
        seconds = min(self.hub.limits.lease_seconds, seconds_left(self.visitor))
        self._lease_ends = time.monotonic() + seconds
        return seconds

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
            while self._requests and not self.is_closing:
                await self._answer(self._requests.popleft())
        except OutboxClosed:
            pass
        finally:
            self._worker = None
            self._requests = None

    async def _answer(self, request: Request) -> None:
        try:
            await request()
        except DatabaseError as error:
            # The line before the database is too long: the next request may fare better.
            self.outbox.write(refusal_of(None, error))

    async def subscribe(self, frame: Sub, *, is_checked: bool = False) -> None:
        """Answer `sub`, be it with a refusal; `is_checked`: the door has let them in already.

        :raises realtime.outbox.OutboxClosed: the connection closed meanwhile.
        """
        try:
            topic = parse_topic(frame.topic)
            if not is_checked:
                await self.hub.arrivals.check_topic(self.visitor, topic)
            await self._unsubscribe(frame.topic)
            await self._join(frame, topic)
        except OutboxClosed:
            raise
        except PaidanError as error:
            self.outbox.write(refusal_of(frame.id, error))
        except Exception as error:  # noqa: BLE001  a socket answers every sub, whatever happens
            await self._unsubscribe(frame.topic)
            self.outbox.write(refusal_of(frame.id, error))

    async def _join(self, frame: Sub, topic: Topic) -> None:
        kind = GuestSubscription if isinstance(self.visitor, Guest) else Subscription
        subscription = kind(self, await self.hub.open(topic))
        self.subscriptions[frame.topic] = subscription
        self._confirm(frame, subscription.feed)
        if topic.is_sequenced:
            await subscription.join(frame)
        else:
            subscription.watch(frame)
        self.hub.presence.joined(self, topic)

    def _confirm(self, frame: Sub, feed: Feed) -> None:
        """Take the position of somebody who comes back for the acks that may have been lost."""
        since, visitor = frame.since, self.visitor
        if since is not None and since.epoch == feed.epoch and isinstance(visitor, Known):
            self.hub.confirmations.claim(visitor.person, feed, since.seq)

    async def _unsubscribe(self, topic: str) -> None:
        subscription = self.subscriptions.pop(topic, None)
        if subscription is not None:
            subscription.leave()
            self.hub.presence.left(self, topic)

    async def _carry_out(self, frame: Cmd) -> None:
        try:
            answer = await in_database_at_once(carry_out, self.visitor, frame)
        except DatabaseError as error:
            answer = refusal_of(frame.id, error)
        self.outbox.write(answer)

    def _note_receipts(self, frame: Ack | Seen | Act) -> None:
        if isinstance(frame, Ack):
            subscription = self.subscriptions.get(frame.topic)
            receipts = subscription.acknowledged(frame.seq) if subscription else []
        else:
            receipts = list(frame.r)
        if not receipts:
            return
        if self._receipts is None:
            self._receipts = WaitingReceipts()
        waiting, kind = self._receipts, type(frame)
        if waiting.add(kind, receipts):
            self._request(partial(self._write_receipts, kind))
        if waiting.is_full:
            self.close(RATE)

    async def _write_receipts(self, kind: Kind) -> None:
        """Write all that has gathered of a kind."""
        waiting = self._receipts.take(kind) if self._receipts else ()
        for receipts in portions(waiting):
            call = partial(in_database_at_once, receive_receipts, self.visitor, kind, receipts)
            await self._tell_refusal(call)

    def _note_position(self, frame: Pos) -> None:
        now = time.monotonic()
        if now - self._positioned_at >= self.hub.limits.position_seconds:
            self._positioned_at = now
            call = partial(in_database_at_once, report_position, self.visitor, frame)
            self._request(partial(self._tell_refusal, call))

    async def _tell_refusal(self, call: Callable[[], Awaitable[str | None]]) -> None:
        refused = await call()
        if refused is not None:
            self.outbox.write(refused)

    async def _refresh(self, ticket: str) -> None:
        """Renew the lease, and leave every topic that is no longer the visitor's."""
        visitor = await self.hub.arrivals.visitor(ticket)
        if visitor is None or visitor.key != self.visitor.key:
            self.close(BAD_TICKET)
            return
        self._visitor = visitor
        self._extend_lease()
        topics: list[Topic] = [parse_topic(text) for text in self.subscriptions]
        for topic in await in_database(get_closed_topics, visitor, topics):
            await self._unsubscribe(str(topic))
            self.outbox.write(refusal(None, "not_found", topic=str(topic)))
