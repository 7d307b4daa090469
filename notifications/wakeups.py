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
from notifications.lanes import Lane


if TYPE_CHECKING:
    from celery import Celery
    from redis import Redis

log = structlog.get_logger(__name__)

WAKE_GROUP: Final = "wake-sender"
WAKE_MARKETING_GROUP: Final = "wake-marketing"
TASK: Final = "notifications.tasks.send_due"
SENT_BY_WORKERS: Final = frozenset({Channel.PUSH, Channel.SMS, Channel.CALL})

Queue = Channel | Lane
"""What a wake-up names: a channel of the service lane, or another lane as a whole."""

PAUSE_SECONDS = 0.1
"""At most one task a channel and process in this time: a task drains whatever is due."""
QUEUE_LIMIT = 4
"""Wake-ups left waiting when no worker takes them; more would say nothing new."""
BUS_TIMEOUT_SECONDS = 1.0
TASK_LIFE_SECONDS = 30


def wake_marketing(work: Work) -> None:
    """After COMMIT, wake those who send campaigns, through a queue of their own."""
    work.wake(WAKE_MARKETING_GROUP)
    if environment().redis_url:
        transaction.on_commit(partial(_ringer.ring, frozenset({Lane.MARKETING})))


def wake_senders(work: Work, channels: frozenset[Channel]) -> None:
    """After COMMIT, wake those who send through `channels`."""
    if not channels:
        return
    work.wake(WAKE_GROUP)
    if environment().redis_url and (queues := channels & SENT_BY_WORKERS):
        transaction.on_commit(partial(_ringer.ring, queues))


class Ringer:
    """Publishes wake-up tasks from a thread of its own, so that no request waits for a broker."""

    def __init__(self) -> None:
        self._wanted: set[Queue] = set()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    def ring(self, channels: Collection[Queue]) -> None:
        """Have a task published for each of `channels` soon; never raises, never waits."""
        with self._condition:
            self._wanted.update(channels)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="ringer", daemon=True)
                self._thread.start()
            self._condition.notify()

    def _run(self) -> None:
        # Here and not above: an installation without Redis never needs them, and they are a good
        # part of what every process would spend on starting.
        from celery import Celery  # noqa: PLC0415
        from redis import Redis  # noqa: PLC0415

        url = environment().redis_url
        bus = Redis.from_url(
            url,
            socket_timeout=BUS_TIMEOUT_SECONDS,
            socket_connect_timeout=BUS_TIMEOUT_SECONDS,
        )
        producer = Celery("wakeups", broker=url, set_as_current=False)
        producer.conf.broker_transport_options = {
            "socket_timeout": BUS_TIMEOUT_SECONDS,
            "socket_connect_timeout": BUS_TIMEOUT_SECONDS,
        }
        while True:
            with self._condition:
                self._condition.wait_for(lambda: bool(self._wanted))
                channels, self._wanted = self._wanted, set()
            for channel in channels:
                _publish(producer, bus, channel)
            time.sleep(PAUSE_SECONDS)


def _publish(producer: "Celery", bus: "Redis", channel: Queue) -> None:
    queue = channel.value
    try:
        if int(str(bus.llen(queue))) >= QUEUE_LIMIT:
            return
        producer.send_task(
            TASK,
            args=[queue],
            queue=queue,
            expires=TASK_LIFE_SECONDS,
            retry=False,
            ignore_result=True,
        )
    except Exception as error:  # noqa: BLE001  a broker fails in many ways; senders poll anyway
        log.warning("wakeup.lost", channel=queue, error=type(error).__name__)


_ringer: Final = Ringer()
