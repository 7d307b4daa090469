"""How the hub leaves: newcomers are turned away, everybody is warned, sockets close one by one.

A client keeps its socket until its turn comes, and is answered until then. So the others of its
kind arrive elsewhere at a pace that the other nodes can take, and nobody loses an answer.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import Final

import structlog

from realtime.codes import DRAIN
from realtime.hub import Hub, Member
from realtime.outbox import CLOSE_SECONDS


log = structlog.get_logger(__name__)

LEAST_PER_SECOND: Final = 100.0
"""A handful of sockets is closed at once, whatever the setting: Ctrl-C in a demonstration."""
LEAST_RETRY_SECONDS: Final = 0.1
LEAST_SPREAD_SECONDS: Final = 1.0
WARNED_AT_ONCE: Final = 200
"""Sockets warned in one step of the loop: about a millisecond."""
LAST_LOOK_SECONDS: Final = 0.02


async def drain(hub: Hub) -> None:
    """Empty the hub; ends within the pace, plus what the slowest reader may take."""
    loop = asyncio.get_running_loop()
    hub.draining_since = loop.time()
    hub.admission.is_closed = True
    members = hub.members
    random.shuffle(members)
    log.info("drain.begun", sockets=len(members))
    await _warn(hub, members)
    await _close(hub, members)
    # Those who were shaking hands when the door closed, and those whose peer is slow to leave.
    give_up_at = loop.time() + 2 * CLOSE_SECONDS
    while (late := hub.members) and loop.time() < give_up_at:
        await asyncio.gather(*(member.finish(DRAIN) for member in late))
        await asyncio.sleep(LAST_LOOK_SECONDS)
    log.info("drain.done", seconds=round(loop.time() - hub.draining_since, 2), left=len(late))


async def _warn(hub: Hub, members: Sequence[Member]) -> None:
    """Tell everybody when to come back: later where many are closed faster than others let in."""
    limits = hub.limits
    needed = len(members) / limits.handshakes_per_second - limits.drain_seconds
    spread = max(LEAST_SPREAD_SECONDS, needed)
    dice = random.SystemRandom()
    for number, member in enumerate(members, start=1):
        member.warn(retry_ms=round(1000 * dice.uniform(LEAST_RETRY_SECONDS, spread)))
        if number % WARNED_AT_ONCE == 0:
            await asyncio.sleep(0)


async def _close(hub: Hub, members: Sequence[Member]) -> None:
    """Close everybody, evenly over the time that is set, each once it has its answers."""
    loop = asyncio.get_running_loop()
    seconds = min(hub.limits.drain_seconds, len(members) / LEAST_PER_SECOND)
    began, finishing = loop.time(), []
    for number, member in enumerate(members):
        due = began + seconds * number / len(members)
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        finishing.append(loop.create_task(member.finish(DRAIN)))
    await asyncio.gather(*finishing)
