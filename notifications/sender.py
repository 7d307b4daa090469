"""The sender: brings notices through their channels, and shops' events to their programs."""

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Final

from core.bell import bell
from core.quiet import quiet
from notifications.claims import ALL_CHANNELS, Claim, claim_due, get_next_due
from notifications.escalation import Channel
from notifications.lanes import Lane
from notifications.loop import DatabaseThread, SendLoop
from notifications.marketing.planning import get_next_turn, plan_due
from notifications.providers import Providers, opened_providers
from notifications.results import Finished, get_next_lease_end, store, sweep
from notifications.texting.allotting import TEXTED
from notifications.texting.asker import opened_asker
from notifications.wakeups import WAKE_GROUP, WAKE_MARKETING_GROUP, WAKE_WEBHOOKS_GROUP
from notifications.webhooks.claims import HookClaim
from notifications.webhooks.outlet import opened_webhooks
from notifications.webhooks.results import HookFinished


CAMPAIGN_CLAIM_LIMIT: Final = 50
"""Small bites: on SQLite everybody waits for each."""
TASK_BATCHES: Final = 20
"""Claims of one task; the loops go on with the rest."""


class Channels:
    """The outlet of notices: some channels, and the providers behind them."""

    def __init__(self, channels: Collection[Channel], providers: Providers) -> None:
        self._channels = channels
        self._providers = providers

    def claim(self, *, now: datetime) -> tuple[Sequence[Claim], bool]:
        claims, seen_count = claim_due(self._channels, now=now)
        return claims, seen_count > 0

    async def send(self, claim: Claim) -> Finished:
        return await self._providers.send(claim)

    def store(self, finished: Sequence[Finished], *, now: datetime) -> bool:
        store(finished, now=now)
        return False

    def sweep(self, *, now: datetime) -> int:
        return sweep(now=now)

    def next_due(self, *, now: datetime) -> datetime | None:  # noqa: ARG002  an outlet's
        return get_next_due(self._channels)

    def next_turn(self, *, now: datetime) -> datetime | None:  # noqa: ARG002  an outlet's
        return get_next_lease_end()


class Campaigns(Channels):
    """The outlet of campaigns: plans a little of them and claims in a lane of its own.

    It stops after `batch_count` claims, if that is given.
    """

    def __init__(self, providers: Providers, *, batch_count: float = math.inf) -> None:
        super().__init__(ALL_CHANNELS, providers)
        self._left_count = batch_count

    def claim(self, *, now: datetime) -> tuple[Sequence[Claim], bool]:
        if self._left_count <= 0:
            return [], False
        self._left_count -= 1
        has_planned = plan_due(now=now)
        claims, seen_count = claim_due(
            self._channels, now=now, limit=CAMPAIGN_CLAIM_LIMIT, lane=Lane.MARKETING
        )
        return claims, has_planned or seen_count > 0

    def next_due(self, *, now: datetime) -> datetime | None:  # noqa: ARG002  an outlet's
        return get_next_due(self._channels, lane=Lane.MARKETING)

    def next_turn(self, *, now: datetime) -> datetime | None:
        ends = (super().next_turn(now=now), get_next_turn())
        return min(filter(None, ends), default=None)


def run_sender(
    stop: threading.Event,
    *,
    channels: Collection[Channel] = ALL_CHANNELS,
    webhooks: bool = True,
    listens: bool = True,
) -> None:
    """Send through `channels`, and to `webhooks`, until `stop` is set.

    Who sends texts also asks how they ended. Without `listens` it only polls.
    """

    async def live() -> None:
        async with AsyncExitStack() as opened:
            loops = []
            if channels:
                notices = await opened.enter_async_context(_channels(channels))
                loops.append(notices.run(stop=stop, woken=_waker(WAKE_GROUP, listens=listens)))
            if webhooks:
                hooks = await opened.enter_async_context(_webhooks())
                woken = _waker(WAKE_WEBHOOKS_GROUP, listens=listens)
                loops.append(hooks.run(stop=stop, woken=woken))
            if TEXTED & set(channels):
                await opened.enter_async_context(_asking())
            await asyncio.gather(*loops)

    asyncio.run(live())


def run_campaigns(stop: threading.Event, *, listens: bool = True) -> None:
    """Plan and send campaigns until `stop` is set, apart from all other messages."""

    async def live() -> None:
        async with _campaigns() as sender:
            await sender.run(stop=stop, woken=_waker(WAKE_MARKETING_GROUP, listens=listens))

    asyncio.run(live())


def send_due_campaigns() -> int:
    """Plan and send some campaigns; return how many claims that made.

    A few only: a worker's process is not to be busy with campaigns while alerts wait for one.
    """

    async def live() -> int:
        async with _campaigns(batch_count=TASK_BATCHES) as sender:
            return await sender.drain()

    return asyncio.run(live())


def send_all_due(channels: Collection[Channel], *, seconds: float = math.inf) -> int:
    """Send until nothing is due through `channels`; return how many claims that made.

    After `seconds` nothing more is claimed.
    """

    async def live() -> int:
        async with _channels(channels) as sender:
            return await sender.drain(seconds=seconds)

    return asyncio.run(live())


def send_due_webhooks(*, seconds: float = math.inf) -> int:
    """Send until nothing is due to any shop's program; return how many claims that made.

    After `seconds` nothing more is claimed.
    """

    async def live() -> int:
        async with _webhooks() as sender:
            return await sender.drain(seconds=seconds)

    return asyncio.run(live())


def _waker(group: str, *, listens: bool) -> threading.Event:
    return quiet.wakes(bell.waker(group) if listens else threading.Event())


@asynccontextmanager
async def _channels(channels: Collection[Channel]) -> AsyncIterator[SendLoop[Claim, Finished]]:
    with DatabaseThread() as database:
        async with opened_providers() as providers:
            outlet = Channels(channels, providers)
            yield SendLoop(outlet, database=database)


@asynccontextmanager
async def _webhooks() -> AsyncIterator[SendLoop[HookClaim, HookFinished]]:
    with DatabaseThread() as database:
        async with opened_webhooks() as outlet:
            yield SendLoop(outlet, database=database)


@asynccontextmanager
async def _campaigns(*, batch_count: float = math.inf) -> AsyncIterator[SendLoop[Claim, Finished]]:
    with DatabaseThread() as database:
        async with opened_providers() as providers:
            outlet = Campaigns(providers, batch_count=batch_count)
            yield SendLoop(outlet, database=database)


@asynccontextmanager
async def _asking() -> AsyncIterator[None]:
    async with opened_asker() as asker, asker.asking():
        yield
