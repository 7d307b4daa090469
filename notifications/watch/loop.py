"""Beats beside the loops of a sender, and in every web process: who serves, and how it stands."""

import threading
from collections.abc import Collection
from contextlib import suppress
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from core.clock import clock
from notifications.watch.commands import watch_queues
from notifications.watch.serving import new_sender, serve, shared_now, withdraw


log = structlog.get_logger(__name__)

BEAT_SECONDS: Final = 10.0
"""Real seconds between two beats; an alarm comes that much later at most."""
DATABASE_ERRORS: Final = (DatabaseError, InterfaceError)


def watch_forever(stop: threading.Event) -> None:
    """Look at the queues until `stop` is set, serving none: somebody must when no sender runs."""
    keep_serving(stop, queues=())


def keep_serving(stop: threading.Event, *, queues: Collection[str]) -> None:
    """Say that this process serves `queues`, and look at all of them, until `stop` is set."""
    sender = new_sender()
    try:
        while not stop.is_set():
            beat(sender, queues)
            stop.wait(BEAT_SECONDS)
        if queues:
            with suppress(*DATABASE_ERRORS):
                withdraw(sender)
    finally:
        connections.close_all()


def beat(sender: str, queues: Collection[str]) -> None:
    """Do both once; a database that is away is asked again at the next."""
    close_old_connections()
    try:
        if queues:
            serve(sender, queues, at=shared_now())
        watch_queues(now=clock().now())
    except DATABASE_ERRORS as error:
        log.warning("queues.database_unavailable", error=str(error))
