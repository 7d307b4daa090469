"""The line in which a client asks for topics: the server takes no more than so many at once."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final


AT_ONCE: Final = 32
"""Half of the requests that the server lets wait on one connection; the rest is for commands."""
LEAVING_SECONDS: Final = 1.0


class Line:
    """Topics to be asked for, in order, and those whose answer is still to come."""

    def __init__(self, ask: Callable[[str], Awaitable[None]]) -> None:
        """Ask for a topic by `ask`, when it is its turn."""
        self._ask = ask
        self._has_limit = True
        self._waiting: dict[str, None] = {}
        self._under_way: set[str] = set()
        self._leaving = asyncio.Lock()
        self._left: deque[float] = deque(maxlen=AT_ONCE)

    def begin(self, *, has_limit: bool) -> None:
        """Start over: a new connection knows of no question. Only sockets have the limit."""
        self.clear()
        self._has_limit = has_limit

    async def ask(self, topic: str) -> None:
        """Ask for a topic; again at once if its answer is still due."""
        if topic in self._under_way:
            await self._ask(topic)
            return
        self._waiting[topic] = None
        await self._move()

    async def answered(self, topic: str) -> None:
        """Learn that the server has answered about a topic."""
        if topic in self._under_way:
            self._under_way.remove(topic)
            await self._move()

    def drop(self, topic: str) -> None:
        """Forget a topic that is left; nobody minds its answer, if one was due."""
        self._waiting.pop(topic, None)
        self._under_way.discard(topic)

    def clear(self) -> None:
        """Forget everything: the connection is gone."""
        self._waiting.clear()
        self._under_way.clear()

    async def leave(self) -> None:
        """Wait for the turn of one more `unsub`: as it has no answer, only time tells."""
        await self._move()
        async with self._leaving:
            if len(self._left) == AT_ONCE:
                await asyncio.sleep(max(0.0, self._left[0] + LEAVING_SECONDS - time.monotonic()))
            self._left.append(time.monotonic())

    async def _move(self) -> None:
        while self._waiting and (len(self._under_way) < AT_ONCE or not self._has_limit):
            topic = next(iter(self._waiting))
            del self._waiting[topic]
            self._under_way.add(topic)
            await self._ask(topic)
