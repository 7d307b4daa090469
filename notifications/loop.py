"""The loop of every sender: claims what is due, sends it, and writes outcomes down in batches.

One event loop does the sending and one thread does the database, so that no connection waits for
a provider. Killed at any point it loses nothing: rows, leases and polls are the truth, wake-ups
only make it quick. Any number may run. What is claimed, how it is sent and what becomes of it is
its outlet's.
"""

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from types import TracebackType
from typing import Final, Generic, Protocol, Self, TypeVar

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from core.clock import clock
from core.quiet import quiet


log = structlog.get_logger(__name__)

IN_FLIGHT_LIMIT: Final = 400
FLUSH_SECONDS: Final = 0.025
IDLE_SECONDS: Final = 0.5
"""Real seconds between polls when no bell rings: bounds lateness while the bus is down."""
SWEEP_SECONDS: Final = 1.0
STOPPING_SECONDS: Final = 25.0
"""How long a stopping sender waits for answers; longer than any single send takes."""
STORING_SECONDS: Final = 10.0
"""How long a stopping sender tries to write outcomes down while the database is away."""

DATABASE_ERRORS: Final = (DatabaseError, InterfaceError)

T = TypeVar("T")
Claim = TypeVar("Claim")
Finished = TypeVar("Finished")


class Outlet(Protocol[Claim, Finished]):
    """One way out: all but `send` run in the database's thread."""

    def claim(self, *, now: datetime) -> tuple[Sequence[Claim], bool]:
        """Lease what is due; say whether there may be more at once."""

    async def send(self, claim: Claim) -> Finished:
        """Hand one claim over; never raises."""

    def store(self, finished: Sequence[Finished], *, now: datetime) -> bool:
        """Write outcomes down; say whether that made more due."""

    def sweep(self, *, now: datetime) -> object:
        """Pick up what vanished senders left behind."""

    def next_due(self, *, now: datetime) -> datetime | None:
        """When the next of what waits is due."""

    def next_turn(self, *, now: datetime) -> datetime | None:
        """When time alone makes something else due: a lease ends, a rest or a wait is over."""


class DatabaseThread:
    """The one thread of a sender that speaks to the database."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sender-db")

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in the thread, one at a time."""
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, _with_fresh_connection, work
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._executor.submit(connections.close_all)
        self._executor.shutdown(wait=True)


def _with_fresh_connection(work: Callable[[], T]) -> T:
    close_old_connections()
    return work()


class SendLoop(Generic[Claim, Finished]):
    """Sends through `outlet` until told to stop, or until nothing is due."""

    def __init__(self, outlet: Outlet[Claim, Finished], *, database: DatabaseThread) -> None:
        self._outlet = outlet
        self._database = database
        self._sending: set[asyncio.Task[None]] = set()
        self._finished: list[Finished] = []
        self._has_finished = asyncio.Event()
        self._woken = threading.Event()
        self._swept_at = 0.0
        self._is_closing = False
        self.sent_count = 0

    async def run(self, *, stop: threading.Event, woken: threading.Event) -> None:
        """Send until `stop` is set; survives a database that comes and goes."""
        self._woken = woken
        async with self._flushing():
            while not stop.is_set():
                woken.clear()
                if not await self._claim_and_start():
                    await asyncio.to_thread(woken.wait, await self._seconds_to_wait())

    async def drain(self, *, seconds: float = math.inf) -> int:
        """Send until nothing is due, or for `seconds`; return how many claims that made."""
        loop_time = asyncio.get_running_loop().time
        until = loop_time() + seconds
        async with self._flushing():
            while await self._claim_and_start() or self._sending or self._finished:
                await self._room(limit=1)
                await self._flush()
                if loop_time() >= until:
                    break
        return self.sent_count

    async def _claim_and_start(self) -> bool:
        """Claim a batch and begin to send it; false when nothing more was due."""
        await self._room(limit=IN_FLIGHT_LIMIT)
        try:
            await self._sweep()
            now = clock().now()
            claims, has_more = await self._database.run(lambda: self._outlet.claim(now=now))
        except DATABASE_ERRORS as error:
            log.warning("sender.database_unavailable", error=str(error))
            return False
        for claim in claims:
            task = asyncio.create_task(self._send(claim))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        self.sent_count += len(claims)
        return has_more

    async def _send(self, claim: Claim) -> None:
        finished = await self._outlet.send(claim)
        # Looked up only now: a flush meanwhile has put a new list in its place.
        self._finished.append(finished)
        self._has_finished.set()

    async def _room(self, *, limit: int) -> None:
        """Wait until fewer than `limit` sends are under way."""
        while len(self._sending) >= limit:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)

    async def _sweep(self) -> None:
        loop_time = asyncio.get_running_loop().time()
        if loop_time - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = loop_time
            now = clock().now()
            await self._database.run(lambda: self._outlet.sweep(now=now))

    async def _flush(self) -> None:
        """Write down what has finished; kept for the next time when the database is away."""
        batch, self._finished = self._finished, []
        self._has_finished.clear()
        if not batch:
            return
        now = clock().now()
        try:
            if await self._database.run(lambda: self._outlet.store(batch, now=now)):
                self._woken.set()
        except DATABASE_ERRORS as error:
            log.warning("sender.database_unavailable", error=str(error))
            self._finished = batch + self._finished
            self._has_finished.set()
            await asyncio.sleep(IDLE_SECONDS)

    async def _flush_often(self) -> None:
        while not self._is_closing:
            await self._has_finished.wait()
            await asyncio.sleep(FLUSH_SECONDS)
            await self._flush()

    async def _seconds_to_wait(self) -> float:
        now, rest = clock().now(), quiet.rest_seconds(IDLE_SECONDS)
        try:
            due_at = await self._database.run(lambda: self._outlet.next_due(now=now))
            if rest > IDLE_SECONDS:
                turn_at = await self._database.run(lambda: self._outlet.next_turn(now=now))
                due_at = min(filter(None, (due_at, turn_at)), default=None)
        except DATABASE_ERRORS:
            return IDLE_SECONDS
        if due_at is None:
            return rest
        ahead = clock().real_seconds(due_at - clock().now())
        return min(max(ahead, FLUSH_SECONDS), rest)

    @asynccontextmanager
    async def _flushing(self) -> AsyncIterator[None]:
        """Flush while open; at the end wait for the sends under way and write all down."""
        flusher = asyncio.create_task(self._flush_often())
        try:
            yield
        finally:
            if self._sending:
                await asyncio.wait(self._sending, timeout=STOPPING_SECONDS)
            # Never cancelled: a batch on its way to the database would be forgotten.
            self._is_closing = True
            self._has_finished.set()
            await flusher
            await self._flush_all()

    async def _flush_all(self) -> None:
        """Write down what has finished, trying for a while: nobody else knows of it."""
        loop_time = asyncio.get_running_loop().time
        give_up_at = loop_time() + STORING_SECONDS
        await self._flush()
        while self._finished and loop_time() < give_up_at:
            await self._flush()
