"""A client of the hub for Python programs: it comes back by itself, and misses nothing.

    async with Client("ws://127.0.0.1:8000/ws/v1", http_ticket(base, token)) as client:
        board = await client.subscribe("merchant:0190...")
        answer = await client.command("order.accept", {"order_id": "..."})
        await client.until(lambda: board.rows["order:..."].data["state"] == "accepted")

It resumes every topic by position, subscribes anew when `p` shows a gap, sends receipts, renews
its lease, and repeats an unanswered command under the same idempotency key after a reconnect.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Self
from uuid import uuid4

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from realtime.client_terms import Ended, Patience, Refused, TicketSource, is_final, refresh_after
from realtime.client_views import Outcome, TopicView
from realtime.protocol import (
    SUBPROTOCOL,
    Ack,
    Act,
    Auth,
    ClientFrame,
    Cmd,
    CourierPos,
    Drain,
    Err,
    Ev,
    EventBody,
    Evs,
    Ok,
    Ping,
    Pong,
    Pos,
    Position,
    Refresh,
    Seen,
    Snap,
    Sub,
    Subd,
    Unsub,
    Welcome,
    decode_server,
    encode,
)


log = structlog.get_logger(__name__)

ACK_SECONDS: Final = 0.5


class Client:
    """One device: any number of topics over one socket that is kept open."""

    def __init__(
        self, url: str, ticket: TicketSource, *, patience: Patience | None = None
    ) -> None:
        """Connect on entering the context."""
        self.views: dict[str, TopicView] = {}
        self.welcome: Welcome | None = None
        self.close_codes: list[int | None] = []
        """Why each socket so far ended; None is a lost connection."""
        self.refusals: list[Err] = []
        """Errors that answered no request of ours."""
        self.on_event: Callable[[TopicView, EventBody], None] | None = None
        self.on_position: Callable[[CourierPos], None] | None = None
        self._url = url
        self._ticket = ticket
        self._patience = patience or Patience()
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._ended: Ended | None = None
        self._failures = 0
        self._last_id = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._commands: dict[int, Cmd] = {}
        self._subs: dict[int, str] = {}
        self._to_ack: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._pulse = asyncio.Event()
        self._retry_seconds: float | None = None

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
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._lose_socket()
        self._fail_all()

    @property
    def is_connected(self) -> bool:
        """Whether a socket is open and welcome."""
        return self._socket is not None and self.welcome is not None

    async def subscribe(self, topic: str, since: Position | None = None) -> TopicView:
        """Join a topic; return its view once it is live.

        :raises Refused: when it does not exist or is not ours.
        :raises Ended: when the server closed for good.
        """
        view = self.views[topic] = TopicView(topic, since)
        number = self._expect()
        self._subs[number] = topic
        await self._send_sub(view)
        await self._answer(number)
        await self.until(lambda: view.is_live)
        return view

    async def unsubscribe(self, topic: str) -> None:
        """Leave a topic."""
        self.views.pop(topic, None)
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

        :raises Refused: with the command's own error code.
        :raises TimeoutError: when no answer came; it may have been carried out.
        """
        number = self._expect()
        frame = Cmd(id=number, name=name, args=args or {}, key=key or uuid4().hex, ver=version)
        self._commands[number] = frame
        try:
            await self._send(frame)
            async with asyncio.timeout(seconds):
                return await self._answer(number)
        finally:
            self._commands.pop(number, None)

    async def seen(self, *receipts: str) -> None:
        """Tell that a person saw what these receipts name."""
        await self._send(Seen(r=receipts))

    async def act(self, *receipts: str) -> None:
        """Tell that a person acknowledged what these receipts name."""
        await self._send(Act(r=receipts))

    async def report_position(self, frame: Pos) -> None:
        """Tell where we are; lost without harm while disconnected."""
        await self._send(frame)

    async def drop(self) -> None:
        """Lose the connection, as a tunnel would; the client comes back by itself."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def until(self, condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
        """Wait until something that came has made `condition` true.

        :raises TimeoutError: when nothing did.
        :raises Ended: when the server closed for good.
        """
        async with asyncio.timeout(seconds):
            while not condition():
                if self._ended is not None:
                    raise self._ended
                self._pulse.clear()
                await self._pulse.wait()

    async def _stay_connected(self) -> None:
        while self._ended is None:
            self.welcome = None
            code = await self._live_once()
            self.close_codes.append(code)
            self._failures += 1
            self._lose_socket()
            if is_final(code):
                self._ended = Ended(code)
                self._fail_all()
                return
            retry, self._retry_seconds = self._retry_seconds, None
            await asyncio.sleep(self._patience.pause(self._failures) if retry is None else retry)

    async def _live_once(self) -> int | None:
        """Connect and follow the socket to its end; return why it ended."""
        protocols = [Subprotocol(SUBPROTOCOL)]
        ticket = await self._take_ticket()
        if ticket is None:
            return None
        try:
            async with connect(
                self._url,
                subprotocols=protocols,
                compression=None,
                ping_interval=None,
                max_size=None,
                proxy=None,
                close_timeout=1,
            ) as socket:
                self._socket = socket
                await socket.send(encode(Auth(ticket=ticket, caps=("receipt",))))
                async for text in socket:
                    await self._take(text)
                return socket.close_code
        except (OSError, WebSocketException) as error:
            log.debug("client.disconnected", error=repr(error))
            return self._socket.close_code if self._socket is not None else None

    async def _take_ticket(self) -> str | None:
        """Ask the caller's ticket source; whatever it fails with, we come back and ask again."""
        try:
            return await self._ticket()
        except Exception as error:  # noqa: BLE001  its errors are the caller's own kinds
            log.warning("client.no_ticket", error=repr(error))
            return None

    def _lose_socket(self) -> None:
        self._socket = None
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for view in self.views.values():
            view.is_live = False
        self._pulse.set()

    def _fail_all(self) -> None:
        for future in self._waiting.values():
            if not future.done() and self._ended is not None:
                future.set_exception(self._ended)
                future.exception()  # somebody may have stopped waiting for it
        self._pulse.set()

    async def _take(self, text: str | bytes) -> None:
        frame = decode_server(text)
        match frame:
            case Ping():
                await self._send(Pong())
            case Welcome():
                await self._greet(frame)
            case Ok():
                self._settle(frame.id, frame.d)
            case Err():
                self._refuse(frame)
            case Drain():
                self._retry_seconds = frame.retry_ms / 1000
            case CourierPos():
                if self.on_position is not None:
                    self.on_position(frame)
            case _:
                await self._follow(frame)
        self._pulse.set()

    async def _follow(self, frame: Subd | Snap | Ev | Evs) -> None:
        match frame:
            case Subd():
                self._subscribed(frame)
            case Snap():
                self._take_snapshot(frame)
            case Ev():
                await self._apply(frame)
            case Evs():
                for event in frame.evs:
                    await self._apply(event)

    async def _greet(self, frame: Welcome) -> None:
        """Resume what was going on before the connection broke."""
        self.welcome = frame
        self._failures = 0
        self._later("refresh", refresh_after(frame))
        await self._send_subs()
        for command in tuple(self._commands.values()):
            await self._send(command)

    def _subscribed(self, frame: Subd) -> None:
        view = self.views.get(self._subs.pop(frame.id, ""))
        if view is not None:
            view.answer(frame)
        self._settle(frame.id, {})

    def _take_snapshot(self, frame: Snap) -> None:
        view = self.views.get(frame.topic)
        if view is not None:
            view.take_snapshot(frame)

    async def _apply(self, event: EventBody) -> None:
        view = self.views.get(event.topic)
        if view is None:
            return
        outcome = view.apply(event)
        if outcome is Outcome.GAP and view.is_live:
            view.is_live = False
            await self._send_sub(view)
        elif outcome is Outcome.APPLIED:
            await self._acknowledge(event)
            if self.on_event is not None:
                self.on_event(view, event)

    async def _acknowledge(self, event: EventBody) -> None:
        self._to_ack.add(event.topic)
        if event.crit is not None:
            await self._send_acks()
        elif "ack" not in self._timers:
            self._later("ack", ACK_SECONDS)

    async def _send_acks(self) -> None:
        topics, self._to_ack = self._to_ack, set()
        for topic in topics & self.views.keys():
            await self._send(Ack(topic=topic, seq=self.views[topic].seq))

    async def _refresh(self) -> None:
        ticket = await self._take_ticket()
        if ticket is not None:
            await self._send(Refresh(ticket=ticket))
        if self.welcome is not None:
            self._later("refresh", refresh_after(self.welcome))

    def _later(self, what: str, seconds: float) -> None:
        work = {"ack": self._send_acks, "refresh": self._refresh, "sub": self._send_subs}[what]

        def start() -> None:
            self._timers.pop(what, None)
            task = asyncio.get_running_loop().create_task(work())
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

        self._timers[what] = asyncio.get_running_loop().call_later(seconds, start)

    def _expect(self) -> int:
        self._last_id += 1
        self._waiting[self._last_id] = asyncio.get_running_loop().create_future()
        return self._last_id

    async def _answer(self, number: int) -> dict[str, Any]:
        if self._ended is not None:
            raise self._ended
        try:
            return await self._waiting[number]
        finally:
            del self._waiting[number]

    def _settle(self, number: int, answer: dict[str, Any]) -> None:
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_result(answer)

    def _refuse(self, frame: Err) -> None:
        number = frame.id if frame.id is not None else -1
        topic = self._subs.pop(number, None)
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_exception(Refused(frame))
        else:
            self.refusals.append(frame)
        if topic is None:
            return
        if frame.retry and future is None:
            self._later("sub", self._patience.pause(0))
        else:
            self.views.pop(topic, None)

    async def _send_subs(self) -> None:
        for view in tuple(self.views.values()):
            if not view.is_live:
                await self._send_sub(view)

    async def _send_sub(self, view: TopicView) -> None:
        """Ask for the topic; one question a topic, repeated with its number after a reconnect."""
        asked = (number for number, topic in self._subs.items() if topic == view.topic)
        number = next(asked, None)
        if number is None:
            self._last_id += 1
            number = self._last_id
            self._subs[number] = view.topic
        await self._send(Sub(id=number, topic=view.topic, since=view.position))

    async def _send(self, frame: ClientFrame) -> None:
        """Send, or rely on what `_greet` repeats once there is a socket again."""
        if self._socket is None or (self.welcome is None and not isinstance(frame, Pong)):
            return
        try:
            await self._socket.send(encode(frame))
        except WebSocketException:
            log.debug("client.send_failed", frame=frame.sender)
