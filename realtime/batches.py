"""Questions to the database that many ask at the same time, answered by few statements.

While one read is under way, the keys that are asked for meanwhile collect; the next read takes
them all. So a lone question waits for nothing, ten thousand at once cost a few dozen reads, and
no answer is older than its question: nothing is kept.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar


Key = TypeVar("Key")
Value = TypeVar("Value")

MOST_KEYS: Final = 500
"""Keys of one read; more would make one statement too long for the others to wait behind."""


class BatchedReads(Generic[Key, Value]):
    """Reads values by key, together."""

    def __init__(self, read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        """Use `read` for up to `MOST_KEYS` different keys at a time; absent ones are None."""
        self._read = read
        self._waiting: dict[Key, asyncio.Future[Value | None]] = {}
        self._task: asyncio.Task[None] | None = None
        self.read_count = 0
        """Reads so far, for metrics."""

    async def get(self, key: Key) -> Value | None:
        """Return the value as it is now, or None; whatever the read fails with is raised."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        # A waiter that leaves must not take the others' answer along.
        return await asyncio.shield(future)

    async def _work(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[:MOST_KEYS]
                await self._answer({key: self._waiting.pop(key) for key in keys})
        finally:
            self._task = None

    async def _answer(self, asked: Mapping[Key, asyncio.Future[Value | None]]) -> None:
        self.read_count += 1
        try:
            found = await self._read(list(asked))
        except Exception as error:  # noqa: BLE001  each asker handles it
            for future in asked.values():
                future.set_exception(error)
                future.exception()  # an asker may have left
        else:
            for key, future in asked.items():
                future.set_result(found.get(key))
