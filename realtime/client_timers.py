"""Work that a client does later: one timer a name, and the tasks that timers have started."""

import asyncio
from collections.abc import Awaitable, Callable


class Timers:
    """Timers by name."""

    def __init__(self) -> None:
        """Plan nothing."""
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Future[None]] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._timers

    def start(self, name: str, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` in so many seconds; an earlier plan of that name is void."""
        planned = self._timers.pop(name, None)
        if planned is not None:
            planned.cancel()
        loop = asyncio.get_running_loop()
        self._timers[name] = loop.call_later(seconds, self._fire, name, work)

    def cancel(self) -> None:
        """Give up every plan, and what has begun."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for task in tuple(self._tasks):
            task.cancel()

    def _fire(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._timers.pop(name, None)
        task = asyncio.ensure_future(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
