"""Where the socket edge meets the database: blocking calls on two small pools of threads.

Commands and receipts have a pool of their own, so that nobody's order waits behind ten thousand
snapshots. The line before each pool is bounded: a read that would wait for longer than a client
does is refused at once, and the client asks again later.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from django.db import OperationalError, close_old_connections


Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class LineTooLong(OperationalError):
    """So many calls wait for the database that one more would only wait in vain.

    A kind of database error: whoever survives a database that is down survives this.
    """


class Lane:
    """A pool of threads, each with a connection of its own, and a bounded line before it."""

    def __init__(self, name: str, *, threads: int, line: int) -> None:
        """Let `line` calls wait beside those that run."""
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=f"realtime-{name}")
        self._most = threads + line
        self.pending_count = 0
        """Calls that run or wait."""
        self.refused_count = 0
        """Calls that found the line too long, for metrics."""

    async def run(
        self,
        function: Callable[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run `function` on the pool.

        :raises LineTooLong: when too many wait already.
        """
        if self.pending_count >= self._most:
            self.refused_count += 1
            raise LineTooLong
        call = partial(_run, partial(function, *args, **kwargs))
        self.pending_count += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, call)
        finally:
            self.pending_count -= 1


COMMANDS: Final = Lane("commands", threads=5, line=2000)
"""A command takes 3-5 ms, most of it waiting for the commit: five keep one process's CPU busy."""
READS: Final = Lane("reads", threads=5, line=5000)
"""Reads are batched, so a long line means snapshots: at 1-2 ms of CPU each, 5-10 s of work."""

in_database: Final = READS.run
in_database_at_once: Final = COMMANDS.run


def _run(function: Callable[[], Result]) -> Result:
    close_old_connections()
    try:
        return function()
    finally:
        close_old_connections()
