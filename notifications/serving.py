"""Runs the loops of the queues that a process takes, until it is told to end."""

import threading
from collections.abc import Callable, Collection
from functools import partial
from typing import Final

import structlog
from django.db import connections

from notifications.queues import MARKETING, QUEUES, WEBHOOKS, channels_of
from notifications.sender import run_campaigns, run_sender
from notifications.watch.loop import keep_serving


log = structlog.get_logger(__name__)

Loop = Callable[[threading.Event], None]

RESTART_SECONDS: Final = 1.0
"""Real seconds before a loop that broke is started again."""


class Service:
    """The loops of some queues, each in a thread of its own."""

    def __init__(self, queues: Collection[str], *, listens: bool = True) -> None:
        """Prepare for `queues`; without `listens` their loops only poll."""
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(
                target=keep_running, args=(name, loop, self._stop), name=name, daemon=True
            )
            for name, loop in loops_of(queues, listens=listens).items()
        ]

    def start(self) -> None:
        """Start every loop."""
        for thread in self._threads:
            thread.start()

    def leave(self) -> None:
        """Have the loops claim no more; `join` waits until what is under way has ended."""
        self._stop.set()

    def join(self) -> None:
        """Wait until every send under way has ended and is written down: a bounded time."""
        for thread in self._threads:
            thread.join()


def run_senders(stop: threading.Event) -> None:
    """Serve every queue until `stop` is set."""
    service = Service(QUEUES)
    service.start()
    stop.wait()
    service.leave()
    service.join()


def loops_of(queues: Collection[str], *, listens: bool) -> dict[str, Loop]:
    """Return the loops that serve `queues`, by name: campaigns never wait for the others."""
    loops: dict[str, Loop] = {}
    channels, webhooks = channels_of(queues), WEBHOOKS in queues
    if channels or webhooks:
        loops["sender"] = partial(
            run_sender, channels=channels, webhooks=webhooks, listens=listens
        )
    if MARKETING in queues:
        loops["campaigns"] = partial(run_campaigns, listens=listens)
    loops["beat"] = partial(keep_serving, queues=frozenset(queues))
    return loops


def keep_running(name: str, loop: Loop, stop: threading.Event) -> None:
    """Run `loop` until `stop` is set, again whenever it breaks."""
    try:
        while not stop.is_set():
            try:
                loop(stop)
            except Exception:
                log.exception("sender.loop_broke", loop=name)
                stop.wait(RESTART_SECONDS)
    finally:
        connections.close_all()
