"""The sender: claims what is due, sends it, and writes the outcomes down in batches.

One event loop does the sending and one thread does the database, so that no connection waits for
a provider. Killed at any point it loses nothing: rows, leases and polls are the truth, wake-ups
only make it quick. Any number of senders may run.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, TypeVar

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from core.bell import bell
from core.clock import clock
from notifications.claims import ALL_CHANNELS, CLAIM_LIMIT, Claim, claim_due, get_next_due
from notifications.escalation import Channel
from notifications.providers import Providers, new_session, open_providers
from notifications.results import Finished, store, sweep
from notifications.wakeups import WAKE_GROUP


log = structlog.get_logger(__name__)

IN_FLIGHT_LIMIT = 2 * CLAIM_LIMIT
FLUSH_SECONDS = 0.025
IDLE_SECONDS = 0.5
"""Real seconds between polls when no bell rings: bounds lateness while the bus is down."""
SWEEP_SECONDS = 1.0
STOPPING_SECONDS = 25.0
"""How long a stopping sender waits for answers; longer than any single send takes."""

DATABASE_ERRORS = (DatabaseError, InterfaceError)

T = TypeVar("T")


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


class Sender:
    """Sends through `channels` until told to stop, or until nothing is due."""

    def __init__(
        self, *, channels: Collection[Channel], providers: Providers, database: DatabaseThread
    ) -> None:
        self._channels = channels
        self._providers = providers
        self._database = database
        self._sending: set[asyncio.Task[None]] = set()
        self._finished: list[Finished] = []
        self._has_finished = asyncio.Event()
        self._swept_at = 0.0
        self._is_closing = False
        self.sent_count = 0

    async def run(self, *, stop: threading.Event, woken: threading.Event) -> None:
        """Send until `stop` is set; survives a database that comes and goes."""
        async with self._flushing():
            while not stop.is_set():
                woken.clear()
                if not await self._claim_and_start():
                    await asyncio.to_thread(woken.wait, await self._seconds_to_wait())

    async def drain(self) -> int:
        """Send until nothing is due; return how many claims that made."""
        async with self._flushing():
            while await self._claim_and_start() or self._sending or self._finished:
                await self._room(limit=1)
                await self._flush()
        return self.sent_count

    async def _claim_and_start(self) -> bool:
        """Claim a batch and begin to send it; false when nothing was due."""
        await self._room(limit=IN_FLIGHT_LIMIT)
        try:
            await self._sweep()
            now = clock().now()
            claims, seen_count = await self._database.run(
                lambda: claim_due(self._channels, now=now)
            )
        except DATABASE_ERRORS as error:
            log.warning("sender.database_unavailable", error=str(error))
            return False
        for claim in claims:
            task = asyncio.create_task(self._send(claim))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        self.sent_count += len(claims)
        return seen_count > 0

    async def _send(self, claim: Claim) -> None:
        finished = await self._providers.send(claim)
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
            await self._database.run(lambda: sweep(now=now))

    async def _flush(self) -> None:
        """Write down what has finished; kept for the next time when the database is away."""
        batch, self._finished = self._finished, []
        self._has_finished.clear()
        if not batch:
            return
        now = clock().now()
        try:
            await self._database.run(lambda: store(batch, now=now))
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
        try:
            due_at = await self._database.run(lambda: get_next_due(self._channels))
        except DATABASE_ERRORS:
            return IDLE_SECONDS
        if due_at is None:
            return IDLE_SECONDS
        ahead = clock().real_seconds(due_at - clock().now())
        return min(max(ahead, FLUSH_SECONDS), IDLE_SECONDS)

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
            await self._flush()


def run_sender(
    stop: threading.Event,
    *,
    channels: Collection[Channel] = ALL_CHANNELS,
    listens: bool = True,
) -> None:
    """Send until `stop` is set; without `listens` by polling alone."""
    woken = bell.waker(WAKE_GROUP) if listens else threading.Event()

    async def live() -> None:
        async with _sender(channels) as sender:
            await sender.run(stop=stop, woken=woken)

    asyncio.run(live())


def send_all_due(channels: Collection[Channel]) -> int:
    """Send until nothing is due through `channels`; return how many claims that made."""

    async def live() -> int:
        async with _sender(channels) as sender:
            return await sender.drain()

    return asyncio.run(live())


@asynccontextmanager
async def _sender(channels: Collection[Channel]) -> AsyncIterator[Sender]:
    with DatabaseThread() as database:
        async with new_session() as session:
            yield Sender(channels=channels, providers=open_providers(session), database=database)
