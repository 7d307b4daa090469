"""Where the socket edge meets the database: blocking calls on a small pool of threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from django.db import close_old_connections


THREADS: Final = 8
"""Most connections the socket edge holds; the database is the bottleneck, not the waiting."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_executor: Final = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="realtime-database")


async def in_database(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Run `function` on the pool; each thread keeps its connection while it is healthy."""
    call = partial(_run, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_executor, call)


def _run(function: Callable[[], Result]) -> Result:
    close_old_connections()
    try:
        return function()
    finally:
        close_old_connections()
