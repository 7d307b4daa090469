"""Between the signal to stop and the end of the process: what has to happen first.

The first SIGTERM or SIGINT makes `/readyz` fail and starts the steps that the apps above have
registered; the server stops once they are done. The second one ends the process at once, which
is as safe as a power cut: everything that counts is in the database.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from core.bell import bell
from core.environment import environment


log = structlog.get_logger(__name__)

Step = Callable[[], Awaitable[None]]
Application = Callable[..., Awaitable[None]]

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
REQUEST_SECONDS: Final = 20.0
"""How long a leaving process waits for HTTP requests that it has begun to answer."""
BELL_SECONDS: Final = 1.0
"""How long it waits for the bus to take what was rung; the next poll finds what is lost."""
LOOK_SECONDS: Final = 0.02


class Leaving:
    """The way out of this process."""

    def __init__(self) -> None:
        """Stay."""
        self.has_begun = False
        self._steps: list[Step] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def first(self, step: Step) -> None:
        """Run `step` on the server's loop before the server stops; it must end by itself."""
        self._steps.append(step)

    def on_signal(self, loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
        """Take the signal that came: run the steps on `loop`, then call `stop` there."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        self.has_begun = True
        loop.call_soon_threadsafe(self._start, stop)

    def _start(self, stop: Callable[[], None]) -> None:
        task = asyncio.get_running_loop().create_task(self._leave(stop))
        self._tasks.add(task)

    async def _leave(self, stop: Callable[[], None]) -> None:
        try:
            await asyncio.sleep(environment().unready_seconds)
            for step in self._steps:
                await self._take(step)
        finally:
            stop()

    async def _take(self, step: Step) -> None:
        try:
            await step()
        except Exception:
            log.exception("leaving.step_failed")


leaving: Final = Leaving()
"""The way out of this process."""


class CountedRequests:
    """An ASGI application that knows how many HTTP requests it is answering."""

    def __init__(self, application: Application) -> None:
        """Serve what `application` serves."""
        self._application = application
        self._count = 0

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        """Count HTTP; a socket costs nothing here."""
        serve = self._serve if scope["type"] == "http" else self._application
        return serve(scope, receive, send)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        self._count += 1
        try:
            await self._application(scope, receive, send)
        finally:
            self._count -= 1

    async def finish(self) -> None:
        """Wait until all are answered and the bell is quiet, for a bounded time."""
        await _until(lambda: not self._count, seconds=REQUEST_SECONDS)
        await _until(lambda: not bell.is_ringing, seconds=BELL_SECONDS)


async def _until(is_so: Callable[[], bool], *, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + seconds
    # Looked at rather than waited for: the bell is rung from any thread.
    while not is_so() and loop.time() < give_up_at:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)
