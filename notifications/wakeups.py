"""Tells senders that something is due now: the bell for loops, one small task for Celery.

Both may be lost: every sender polls the database too.
"""

import threading
import time
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog
from django.db import transaction

from core.environment import environment
from core.events.work import Work
from notifications.escalation import Channel
from notifications.queues import MARKETING, WEBHOOKS


if TYPE_CHECKING:
    from notifications.broker import Publisher

log = structlog.get_logger(__name__)

WAKE_GROUP: Final = "wake-sender"
WAKE_MARKETING_GROUP: Final = "wake-marketing"
WAKE_WEBHOOKS_GROUP: Final = "wake-webhooks"

PAUSE_SECONDS = 0.1
"""At most one task a queue and process in this time: a task drains whatever is due."""


def wake_marketing(work: Work) -> None:
    """After COMMIT, wake those who send campaigns, through a queue of their own."""
    work.wake(WAKE_MARKETING_GROUP)
    _ring_after_commit(frozenset({MARKETING}))


def wake_webhooks(work: Work) -> None:
    """After COMMIT, wake those who tell programs of shops."""
    work.wake(WAKE_WEBHOOKS_GROUP)
    _ring_after_commit(frozenset({WEBHOOKS}))


def wake_senders(work: Work, channels: frozenset[Channel]) -> None:
    """After COMMIT, wake those who send through `channels`."""
    waiting = channels - {Channel.BOARD}
    if waiting:
        work.wake(WAKE_GROUP)
        _ring_after_commit(frozenset(channel.value for channel in waiting))


def _ring_after_commit(queues: frozenset[str]) -> None:
    if environment().broker:
        transaction.on_commit(partial(_ringer.ring, queues))


class Ringer:
    """Publishes wake-up tasks from a thread of its own, so that no request waits for a broker."""

    def __init__(self) -> None:
        self._wanted: set[str] = set()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    def ring(self, queues: Collection[str]) -> None:
        """Have a task published to each of `queues` soon; never raises, never waits."""
        with self._condition:
            self._wanted.update(queues)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="ringer", daemon=True)
                self._thread.start()
            self._condition.notify()

    def _run(self) -> None:
        # Here and not above: an installation without a broker never needs Celery, which is a good
        # part of what every process would spend on starting.
        from notifications.broker import Publisher  # noqa: PLC0415

        publisher = Publisher()
        while True:
            with self._condition:
                self._condition.wait_for(lambda: bool(self._wanted))
                queues, self._wanted = self._wanted, set()
            for queue in queues:
                _publish(publisher, queue)
            time.sleep(PAUSE_SECONDS)


def _publish(publisher: "Publisher", queue: str) -> None:
    try:
        publisher.publish(queue)
    except Exception as error:  # noqa: BLE001  a broker fails in many ways; senders poll anyway
        log.warning("wakeup.lost", queue=queue, error=type(error).__name__)


_ringer: Final = Ringer()
