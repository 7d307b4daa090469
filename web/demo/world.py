"""What every player of the simulation shares: the clock, the script, the tally, and talk."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from core.clock import Clock, clock_in
from realtime import client_terms
from web.demo import outside
from web.demo.seed import Login, SeededCity
from web.demo.story import PlannedOrder, improvise


T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """Counts of what happened, for the status line and the summary."""

    placed_count: int = 0
    event_count: int = 0
    gap_count: int = 0
    reconnect_count: int = 0
    duplicate_count: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    """By `command: code`."""
    faults: list[str] = field(default_factory=list)
    """Players that ended by an exception nobody expected."""


class Hearsay:
    """What people tell each other by voice: the code at the door, or at the counter."""

    def __init__(self) -> None:
        self._told: dict[str, asyncio.Future[Any]] = {}

    def tell(self, about: str, what: Any) -> None:
        """Let everybody who asks about it know."""
        future = self._future(about)
        if not future.done():
            future.set_result(what)

    async def hear(self, about: str, *, seconds: float) -> Any:
        """Wait for it, at most so many real seconds.

        :raises TimeoutError: nobody told.
        """
        return await asyncio.wait_for(asyncio.shield(self._future(about)), seconds)

    def forget(self, *about: str) -> None:
        """Nobody will ask any more."""
        for each in about:
            self._told.pop(each, None)

    def _future(self, about: str) -> asyncio.Future[Any]:
        if about not in self._told:
            self._told[about] = asyncio.get_running_loop().create_future()
        return self._told[about]


@dataclass(slots=True, kw_only=True)
class World:
    """One simulation; times are business seconds unless they say otherwise."""

    seed: int
    clock_file: Path
    city: SeededCity
    base_url: str
    sandbox_url: str
    vapid_public_key: str
    session: aiohttp.ClientSession
    keeps_everything: bool
    """Whether every client stays to the end, so that its log can be checked."""
    tally: Tally = field(default_factory=Tally)
    hearsay: Hearsay = field(default_factory=Hearsay)
    orders: dict[str, tuple[PlannedOrder, Login]] = field(default_factory=dict)
    """Order id -> its script and its customer."""
    aside: set[str] = field(default_factory=set)
    """Orders whose offers the couriers leave alone, as somebody else will answer them."""
    _repaced: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def clock(self) -> Clock:
        """Business time as it runs now."""
        return clock_in(self.clock_file)

    def now(self) -> datetime:
        """Business time."""
        return self.clock.now()

    async def sleep(self, seconds: float) -> None:
        """Let so much business time pass, however its pace changes meanwhile."""
        until = self.now() + timedelta(seconds=seconds)
        while (left := (until - self.now()).total_seconds()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._repaced.wait(), left / self.clock.speed)

    def repace(self) -> None:
        """Let everybody who sleeps reckon anew: the clock runs at another speed."""
        self._repaced.set()
        self._repaced = asyncio.Event()

    def spawn(self, life: Coroutine[Any, Any, None]) -> None:
        """Let somebody do something on the side; a fault is noted, never lost."""
        task = asyncio.get_running_loop().create_task(life)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """End everything on the side."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def published(self, order_id: str, plan: PlannedOrder, customer: Login) -> None:
        """The order exists: its people now know their parts."""
        self.tally.placed_count += 1
        self.orders[order_id] = plan, customer
        self.hearsay.tell(f"plan:{order_id}", plan)

    async def plan_of(self, order_id: str) -> PlannedOrder:
        """The script of an order; an improvised one when somebody outside the story placed it."""
        try:
            plan: PlannedOrder = await self.hearsay.hear(f"plan:{order_id}", seconds=5)
        except TimeoutError:
            return improvise(order_id)
        return plan

    async def attempt(self, name: str, doing: Coroutine[Any, Any, T]) -> T | None:
        """Do it; a refusal is counted and part of life."""
        try:
            return await doing
        except (outside.Refused, client_terms.Refused) as refusal:
            self.tally.refusals[f"{name}: {refusal.code}"] += 1
        except (TimeoutError, outside.OutsideUnreachable):
            self.tally.refusals[f"{name}: no_answer"] += 1
        return None

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.tally.faults.append(f"{type(error).__name__}: {error}")
