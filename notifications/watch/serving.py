"""That a sender serves its queues, as others can read it: rows with an end that it pushes on."""

import os
import secrets
import socket
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from core.shared_time import shared_time
from notifications.watch.models import ServedQueue


LEASE: Final = timedelta(seconds=45)
"""Several beats: a sender whose machine is busy is not gone."""
FORGOTTEN_AFTER: Final = timedelta(minutes=10)
"""How long the row of a sender that is gone stays."""


def shared_now() -> datetime:
    """Real time on which all processes agree."""
    return datetime.fromtimestamp(shared_time.now(), UTC)


def new_sender() -> str:
    """Return a name that no other sender has."""
    host = socket.gethostname()[:50]
    return f"{host}:{os.getpid()}:{secrets.token_hex(4)}"


def serve(sender: str, queues: Collection[str], *, at: datetime) -> None:
    """Push on that `sender` takes `queues`; forget senders that are long gone."""
    until = at + LEASE
    if ServedQueue.objects.filter(sender=sender).update(until=until) == len(queues):
        return
    ServedQueue.objects.bulk_create(
        [ServedQueue(sender=sender, queue=queue, until=until) for queue in sorted(queues)],
        ignore_conflicts=True,
    )
    ServedQueue.objects.filter(until__lt=at - FORGOTTEN_AFTER).delete()


def withdraw(sender: str) -> None:
    """Say at once that `sender` takes nothing more."""
    ServedQueue.objects.filter(sender=sender).delete()
