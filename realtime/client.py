"""A client of the hub for Python programs: it comes back by itself, and misses nothing.

    async with Client("ws://127.0.0.1:8000/ws/v1", http_ticket(base, token)) as client:
        board = await client.subscribe("merchant:0190...")
        answer = await client.command("order.accept", {"order_id": "..."})
        await client.until(lambda: board.rows["order:..."].data["state"] == "accepted")

It resumes every topic by position, subscribes anew when `p` shows a gap, sends receipts, renews
its lease, repeats an unanswered command under the same idempotency key after a reconnect, and
goes over plain HTTP where sockets fail.
`docs/client.md` is its manual.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final, Literal, Self
from uuid import uuid4

import structlog

from realtime.client_calls import Calls
from realtime.client_freshness import Freshness, FreshnessKeeper
from realtime.client_link import Link
from realtime.client_receipts import Receipts
from realtime.client_socket import socket_opener
from realtime.client_stream import stream_opener
from realtime.client_terms import (
    Ended,
    HttpAccess,
    NoTicket,
    Patience,
    Refused,
    TicketSource,
    refresh_after,
)
from realtime.client_timers import Timers
from realtime.client_topics import Topics
from realtime.client_views import LOG_LIMIT, TopicView
from realtime.client_ways import SocketsFirst
from realtime.protocol import (
    SERVER_FRAMES,
    Ack,
    AnyServerFrame,
    BadFrame,
    ClientFrame,
    Cmd,
    CourierPos,
    Drain,
    Err,
    Ev,
    EventBody,
    Evs,
    Health,
    Ok,
    Ping,
    Pong,
    Pos,
    Position,
    Refresh,
    Snap,
    Subd,
    Unsub,
    Welcome,
    decode_server,
)


log = structlog.get_logger(__name__)

ACK_SECONDS: Final = 0.5
CRITICAL_ACK_SECONDS: Final = 0.02
"""At once, but one for a whole burst: each acknowledgement is work for the server."""
MEMORY: Final = 1000
"""Close codes and refusals that are remembered."""
REPEATED_CODES: Final = frozenset({"unavailable", "internal"})
"""Refusals that say nothing about the command: nothing was done, so it is given again."""


class Client:
    """One device: any number of topics over one connection that is kept open."""

    def __init__(
        self,
        url: str,
        ticket: TicketSource,
        *,
        http: HttpAccess | None = None,
        patience: Patience | None = None,
        log_limit: int | None = LOG_LIMIT,
    ) -> None:
        """Connect on entering the context; over `http` where sockets fail, if it is given.

        Views keep `log_limit` steps, all of them when None.
        """
        self.welcome: Welcome | None = None
        self.close_codes: list[int | None] = []
        """Why each connection so far ended; None is one that never came about."""
        self.refusals: list[Err] = []
        """Errors that answered no request of ours."""
        self.on_event: Callable[[TopicView, EventBody], None] | None = None
        self.on_position: Callable[[CourierPos], None] | None = None
        self.health: Callable[[], Health] | None = None
        """How well this device can alert; told with every answer to a ping."""
        self._patience = patience or Patience()
        self._log_limit = log_limit
        self._calls = Calls()
        self._freshness = FreshnessKeeper()
        self._topics = Topics(self._calls, self._freshness, self._send)
        stream = stream_opener(http, self._topics.questions) if http is not None else None
        self._ways = SocketsFirst(socket_opener(url), stream, ticket, self._patience)
        self._link = Link(self._ways, ticket, self._patience)
        self._receipts = Receipts()
        self._timers = Timers()
        self._task: asyncio.Task[None] | None = None
        self._ended: Ended | None = None
        self._to_ack: set[str] = set()
        self._pulse = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Return once the server has said welcome; raises `Ended` when it does not want us."""
        self._task = asyncio.create_task(self._stay_connected())
        await self.until(lambda: self.welcome is not None, seconds=30)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Leave for good."""
        self._ended = self._ended or Ended(None)
        if self._task is not None:
            await self._link.leave()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._timers.cancel()
        self._topics.lose()
        self._calls.end(self._ended)
        self._pulse.set()

    @property
    def views(self) -> dict[str, TopicView]:
        """What is known of each topic that is followed."""
        return self._topics.views

    @property
    def freshness(self) -> Freshness:
        """How fresh all of it is, and since when."""
        return self._freshness.now

    def on_freshness(self, tell: Callable[[Freshness], None]) -> None:
        """Call `tell` whenever that changes."""
        self._freshness.on_change = tell

    @property
    def is_connected(self) -> bool:
        """Whether a connection is open and welcome."""
        return self._link.is_open and self.welcome is not None

    @property
    def transport(self) -> Literal["socket", "stream"]:
        """How frames travel: over a stream where sockets fail."""
        return "stream" if self._ways.is_stream else "socket"

    async def subscribe(self, topic: str, since: Position | None = None) -> TopicView:
        """Join a topic; return its view once it is live, or was left again.

        :raises Refused: when it does not exist or is not ours.
        :raises Ended: when the server closed for good.
        """
        self._raise_if_ended()
        view = TopicView(topic, since, log_limit=self._log_limit)
        await self._calls.answer(await self._topics.follow(view))
        await self.until(lambda: view.is_live or self.views.get(topic) is not view)
        return view

    async def unsubscribe(self, topic: str) -> None:
        """Leave a topic."""
        self._topics.leave(topic)
        await self._topics.turn_to_leave()
        if topic not in self.views:
            await self._send(Unsub(topic=topic))

    async def command(
        self,
        name: str,
        args: dict[str, Any] | None = None,
        *,
        key: str | None = None,
        version: int | None = None,
        seconds: float = 30.0,
    ) -> dict[str, Any]:
        """Give a command; it is carried out once, however often the connection breaks.

        While the server says that its database is away, the command is repeated under its key.

        :raises Refused: with the command's own error code.
        :raises TimeoutError: when no answer came; it may have been carried out.
        """
        self._raise_if_ended()
        key = key or uuid4().hex
        failures = 0
        async with asyncio.timeout(seconds):
            while True:
                try:
                    return await self._give(name, args or {}, key, version)
                except Refused as refusal:
                    if refusal.code not in REPEATED_CODES:
                        raise
                await asyncio.sleep(self._patience.pause(failures))
                failures += 1

    async def seen(self, *receipts: str) -> None:
        """Tell that a person saw what these receipts name, now or once there is a connection."""
        self._receipts.note("seen", receipts)
        await self._send_receipts()

    async def act(self, *receipts: str) -> None:
        """Tell that a person acknowledged what these receipts name, as `seen` does."""
        self._receipts.note("act", receipts)
        await self._send_receipts()

    async def report_position(self, frame: Pos) -> None:
        """Tell where we are; lost without harm while disconnected."""
        await self._send(frame)

    async def drop(self) -> None:
        """Lose the connection, as a tunnel would; the client comes back by itself."""
        await self._link.cut()

    async def until(self, condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
        """Wait until something that came has made `condition` true.

        :raises TimeoutError: when nothing did.
        :raises Ended: when the server closed for good.
        """
        async with asyncio.timeout(seconds):
            while not condition():
                self._raise_if_ended()
                self._pulse.clear()
                await self._pulse.wait()

    async def take(self, text: str | bytes) -> None:
        """Take a frame from the link."""
        try:
            frame = decode_server(text)
        except BadFrame as error:
            log.warning("client.bad_frame", where=error.where)
            if not _is_of_another_kind(text):
                await self._link.cut()  # what it said is lost; the position is not
            return
        await self._handle(frame)
        self._pulse.set()

    def lose(self, code: int | None) -> None:
        """Learn from the link that the connection ended."""
        self.welcome = None
        self.close_codes = [*self.close_codes[-MEMORY:], code]
        self._timers.cancel()
        self._topics.lose()
        self._receipts.lose()
        self._pulse.set()

    async def _stay_connected(self) -> None:
        code = await self._link.run(self)
        self._ended = Ended(code)
        self._calls.end(self._ended)
        self._pulse.set()

    def _raise_if_ended(self) -> None:
        if self._ended is not None:
            raise self._ended

    async def _handle(self, frame: AnyServerFrame) -> None:
        match frame:
            case Ping():
                self._receipts.hear_ping()
                await self._send(Pong(health=self.health() if self.health else None))
            case Welcome():
                await self._greet(frame)
            case Ok():
                self._calls.settle(frame.id, frame.d)
            case Err():
                await self._refuse(frame)
            case Drain():
                self._link.retry_seconds = frame.retry_ms / 1000
            case CourierPos():
                if self.on_position is not None:
                    self.on_position(frame)
            case _:
                await self._follow(frame)

    async def _follow(self, frame: Subd | Snap | Ev | Evs) -> None:
        match frame:
            case Subd():
                await self._topics.take_answer(frame)
                self._calls.settle(frame.id, {})
            case Snap():
                self._topics.take_snapshot(frame)
            case Ev():
                await self._apply(frame)
            case Evs():
                for event in frame.evs:
                    await self._apply(event)

    async def _greet(self, frame: Welcome) -> None:
        """Resume what was going on before the connection broke."""
        self.welcome = frame
        self._link.failures = 0
        self._link.silence_seconds = frame.ping_s * self._patience.silent_pings
        self._timers.start("refresh", refresh_after(frame), self._refresh)
        self._timers.start("old", self._patience.answer, self._repeat_old)
        await self._topics.ask_all(has_limit=self.transport == "socket")
        self._receipts.lose()  # unless it was lost before, this one takes the place of another
        await self._send_receipts()
        for command in tuple(self._calls.commands.values()):
            await self._send(command)
        self._freshness.welcome()

    async def _repeat_old(self) -> None:
        """Ask again what a broken middleman swallowed; the server takes repetitions for one."""
        self._timers.start("old", self._patience.answer, self._repeat_old)
        await self._topics.ask_for_old()
        for command in self._calls.take_old_commands():
            await self._send(command)

    async def _apply(self, event: EventBody) -> None:
        view = await self._topics.apply(event)
        if view is None:
            return
        self._to_ack.add(event.topic)
        if event.crit is not None and "crit" not in self._timers:
            self._timers.start("crit", CRITICAL_ACK_SECONDS, self._send_acks)
        elif "ack" not in self._timers:
            self._timers.start("ack", ACK_SECONDS, self._send_acks)
        if self.on_event is not None:
            self.on_event(view, event)

    async def _give(
        self, name: str, args: dict[str, Any], key: str, version: int | None
    ) -> dict[str, Any]:
        number = self._calls.expect()
        frame = Cmd(id=number, name=name, args=args, key=key, ver=version)
        self._calls.commands[number] = frame
        try:
            await self._send(frame)
            return await self._calls.answer(number)
        finally:
            self._calls.commands.pop(number, None)

    async def _send_acks(self) -> None:
        topics, self._to_ack = self._to_ack, set()
        for topic in topics & self.views.keys():
            await self._send(Ack(topic=topic, seq=self.views[topic].seq))

    async def _send_receipts(self) -> None:
        if self.is_connected:
            for frame in self._receipts.take_unsent():
                await self._send(frame)

    async def _refresh(self) -> None:
        """Renew the lease; without a ticket try again, until the server ends it."""
        try:
            ticket = await self._link.take_ticket()
        except NoTicket:
            return
        if ticket is None:
            self._timers.start("refresh", self._patience.pause(0), self._refresh)
            return
        await self._send(Refresh(ticket=ticket))
        if self.welcome is not None:
            self._timers.start("refresh", refresh_after(self.welcome), self._refresh)

    async def _refuse(self, frame: Err) -> None:
        waited = frame.id is not None and self._calls.refuse(frame.id, frame)
        if not waited:
            self.refusals = [*self.refusals[-MEMORY:], frame]
        if await self._topics.refuse(frame, is_final=waited or not frame.retry):
            self._timers.start("sub", self._patience.pause(0), self._topics.ask_again)

    async def _send(self, frame: ClientFrame) -> None:
        """Send, or rely on what `_greet` repeats once there is a connection again."""
        if self.welcome is not None or isinstance(frame, Pong):
            await self._link.send(frame)


def _is_of_another_kind(text: str | bytes) -> bool:
    """Whether it is a frame of a newer server, which may be overlooked."""
    try:
        frame = json.loads(text)
    except ValueError:
        return False
    kinds = {kind.model_fields["t"].default for kind in SERVER_FRAMES}
    return isinstance(frame, dict) and frame.get("t") not in kinds
