"""A sender that kills itself with SIGKILL at a named point: `python -m ... POINT AFTER`."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import django


AFTER_CLAIM, AFTER_SEND, IN_STORE, IN_SWEEP = "after_claim", "after_send", "in_store", "in_sweep"


class Fuse:
    """Burns down with every call, and then ends the process without a word."""

    def __init__(self, length: int) -> None:
        self._left = length

    def burn(self) -> None:
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def burning(function: Callable[..., Any], fuse: Fuse, *, before: bool) -> Callable[..., Any]:
    """Return `function` that burns the fuse before or after it did its work, if it had any."""

    def burns(*args: Any, **options: Any) -> Any:
        if before:
            fuse.burn()
            return function(*args, **options)
        result = function(*args, **options)
        if result != 0 and result != []:  # noqa: PLR1714  an empty list is no number
            fuse.burn()
        return result

    return burns


def lay(point: str, after: int) -> None:
    """Lay the fuse at `point`."""
    from notifications.webhooks import outlet, results  # noqa: PLC0415

    fuse = Fuse(after)
    places: dict[str, tuple[Any, str, bool]] = {
        AFTER_CLAIM: (outlet, "claim_due", False),
        AFTER_SEND: (outlet, "HookFinished", True),
        IN_STORE: (results, "_note_health", True),
        IN_SWEEP: (results, "_lost", True),
    }
    place, name, before = places[point]
    setattr(place, name, burning(getattr(place, name), fuse, before=before))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    lay(sys.argv[1], int(sys.argv[2]))
    from notifications.sender import run_sender

    run_sender(threading.Event())
