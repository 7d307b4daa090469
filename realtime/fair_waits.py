"""Waiting for a peer without blaming it for time that this process has lost itself.

While the event loop is blocked, or the machine starved, what has arrived lies unread and the
clock goes on. So time is counted in steps, and only those that ended when they should: then the
loop has looked at every socket, and what is not there was not sent.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar


Result = TypeVar("Result")

STEPS: Final = 20
"""Into so many a wait is cut; a loop that is late for one of them is late for that one only."""
LATE: Final = 2.0
"""A step that took so many times as long as it should counts for nothing."""
AT_MOST: Final = 6.0
"""So many times as long as agreed a wait may take in all."""


class PeerIsLate(Exception):
    """We were on time, and nothing came."""


class WeAreLate(Exception):
    """This process was late so often that it cannot say whose fault it is."""


async def wait_fairly(work: Coroutine[Any, Any, Result], *, seconds: float) -> Result:
    """Return what `work` does, given `seconds` during which the event loop was on time.

    :raises PeerIsLate: it took longer.
    :raises WeAreLate: the loop was hardly ever on time.
    """
    task = asyncio.get_running_loop().create_task(work)
    try:
        await _watch(task, seconds)
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


async def _watch(task: asyncio.Task[Result], seconds: float) -> None:
    loop, step = asyncio.get_running_loop(), seconds / STEPS
    ends_at, counted = loop.time() + seconds * AT_MOST, 0
    while counted < STEPS:
        began_at = loop.time()
        if began_at >= ends_at:
            raise WeAreLate
        done, _ = await asyncio.wait({task}, timeout=step)
        if done:
            return
        counted += loop.time() - began_at < step * LATE
    raise PeerIsLate
