"""A sender that ends itself with SIGKILL: `-m ... OPERATION WHERE AFTER DATABASE`.

Operations are those of the outlet: `claim`, `send`, `store` (the flush) and `sweep`; where is
`before`, `after` (only if it did something) or `within`: before one of its statements. `moment`
dies some time after its start, `after` being milliseconds. It is forked from a process that has
imported all of it, so that hundreds can die in a minute.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import django


CLAIM, SEND, STORE, SWEEP, MOMENT = "claim", "send", "store", "sweep", "moment"
BEFORE, WITHIN, AFTER = "before", "within", "after"
POINTS: Final = (
    (CLAIM, WITHIN, 12), (CLAIM, AFTER, 1), (SEND, BEFORE, 5), (SEND, AFTER, 5),
    (STORE, BEFORE, 2), (STORE, WITHIN, 8), (STORE, AFTER, 1), (SWEEP, WITHIN, 5),
    (SWEEP, AFTER, 1), (MOMENT, "", 400),
)  # fmt: skip
"""Where to die, and how often at most it may pass there before."""


@dataclass(slots=True)
class Fuse:
    """Burns down with every pass, and then ends the process without a word."""

    left: int

    def burn(self) -> None:
        """Pass once."""
        self.left -= 1
        if self.left < 0:
            die()


def die() -> None:
    """End as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def burning(function: Callable[..., Any], where: str, fuse: Fuse) -> Callable[..., Any]:
    """Return `function`, which runs in the database's thread, with a fuse in it."""
    from django.db import connection  # noqa: PLC0415  settings come first

    def before_statement(execute: Callable[..., Any], *more: Any) -> Any:
        fuse.burn()
        return execute(*more)

    def burns(*args: Any, **options: Any) -> Any:
        if where == WITHIN:
            with connection.execute_wrapper(before_statement):
                return function(*args, **options)
        if where == BEFORE:
            fuse.burn()
        result = function(*args, **options)
        if where == AFTER and did_something(result):
            fuse.burn()
        return result

    return burns


def did_something(result: Any) -> bool:
    """Whether claims were made, rows were swept, or a batch was stored, which says nothing."""
    return bool(result[0]) if isinstance(result, tuple) else result != 0


def burning_send(send: Callable[..., Any], where: str, fuse: Fuse) -> Callable[..., Any]:
    """Return the coroutine function `send` with a fuse before or after each message."""

    async def burns(*args: Any) -> Any:
        if where == BEFORE:
            fuse.burn()
        finished = await send(*args)
        if where == AFTER:
            fuse.burn()
        return finished

    return burns


def lay(operation: str, where: str, after: int) -> None:
    """Lay the fuse."""
    from notifications.sender import Channels  # noqa: PLC0415  Django comes first

    if operation == MOMENT:
        timer = threading.Timer(after / 1000, die)
        timer.daemon = True
        timer.start()
        return
    laid = burning_send if operation == SEND else burning
    setattr(Channels, operation, laid(getattr(Channels, operation), where, Fuse(after)))


def prepare() -> None:
    """Import all that a sender needs: what follows is forked from here."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    os.environ["REDIS_URL"] = ""
    django.setup()
    import notifications.sender  # noqa: F401, PLC0415  Django comes first


def main(operation: str, where: str, after: str, database: str) -> None:
    """Send until dead."""
    from django.db import connections  # noqa: PLC0415

    from core.environment import environment  # noqa: PLC0415
    from notifications.sender import run_sender  # noqa: PLC0415

    environment.cache_clear()
    connections.settings["default"]["NAME"] = database
    lay(operation, where, int(after))
    run_sender(threading.Event(), webhooks=False)


if __name__ == "__main__":
    prepare()
    main(*sys.argv[1:])
