"""How Celery speaks to its broker, Redis or RabbitMQ: for workers, and for those who wake them.

Messages are wake-ups. Rows are the truth, so a wake-up may be lost, repeated or cut off; what it
must never do is pile up where nobody takes it.
"""

from collections.abc import Mapping
from typing import Any, Final

from celery import Celery
from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from redis import Redis

from core.environment import environment
from notifications.queues import CHANNEL_QUEUES, QUEUES


TASK: Final = "notifications.tasks.send_due"

QUEUE_LIMIT: Final = 4
"""Wake-ups left waiting when no worker takes them; more would say nothing new."""
TASK_LIFE_SECONDS: Final = 30
DELIVERY_LIMIT: Final = 3
"""How often RabbitMQ gives out a wake-up whose workers vanish."""
CONSUMER_TIMEOUT_SECONDS: Final = 120
"""After which RabbitMQ takes back a wake-up; longer than any takes."""
BUS_TIMEOUT_SECONDS: Final = 5.0
PUBLISH_TIMEOUT_SECONDS: Final = 1.0
CONFIRM_TIMEOUT_SECONDS: Final = 5.0
"""How long RabbitMQ may say nothing; a quorum queue without a leader, as after a crash, does."""
HEARTBEAT_SECONDS: Final = 10
SOFT_SHUTDOWN_SECONDS: Final = 15.0
"""On SIGQUIT: how long tasks may go on before they are cut off; longer than most take."""

SETTINGS: Final[Mapping[str, Any]] = {
    "task_ignore_result": True,
    "task_default_queue": next(iter(CHANNEL_QUEUES)),
    # A misspelt `-Q` ends the worker instead of giving it an empty queue to wait at.
    "task_create_missing_queues": False,
    # A wake-up may run twice, and is the broker's until it has: `QUEUE_LIMIT` holds for workers.
    "task_acks_late": True,
    "worker_prefetch_multiplier": 1,
    # RabbitMQ's quorum queues know no prefetch count of a whole channel.
    "worker_detect_quorum_queues": True,
    # To cut a task off would leave texts of which nobody knows whether they went.
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_soft_shutdown_timeout": SOFT_SHUTDOWN_SECONDS,
    # A worker without a task may well be sending what its own polls have found.
    "worker_enable_soft_shutdown_on_idle": True,
    "broker_connection_retry_on_startup": True,
    # Polls go on while the broker is away, however long that is.
    "broker_connection_max_retries": None,
    "broker_channel_error_retry": True,
    "broker_connection_timeout": BUS_TIMEOUT_SECONDS,
    "broker_heartbeat": HEARTBEAT_SECONDS,
}


def is_rabbitmq(url: str) -> bool:
    """Whether `url` is that of RabbitMQ."""
    return url.startswith(("amqp://", "amqps://"))


def configure(app: Celery, *, only_publishes: bool = False) -> Celery:
    """Tell `app` of the broker that the environment names, and of every queue; return it.

    Who only publishes gives up sooner: nothing is lost with a wake-up.
    """
    url = environment().broker
    app.conf.update(
        SETTINGS,
        broker_url=url or "memory://",
        broker_transport_options=_transport_options(url, only_publishes=only_publishes),
        task_queues=[_queue(name, url) for name in QUEUES],
    )
    return app


def _transport_options(url: str, *, only_publishes: bool) -> dict[str, Any]:
    if is_rabbitmq(url):
        # A consumer may hear nothing for long.
        silence = CONFIRM_TIMEOUT_SECONDS if only_publishes else None
        return {"confirm_publish": True, "read_timeout": silence, "write_timeout": silence}
    timeout_seconds = PUBLISH_TIMEOUT_SECONDS if only_publishes else BUS_TIMEOUT_SECONDS
    return {
        "socket_timeout": timeout_seconds,
        "socket_connect_timeout": timeout_seconds,
        "socket_keepalive": True,
    }


def _queue(name: str, url: str) -> Queue:
    return Queue(  # type: ignore[no-untyped-call]
        name,
        Exchange(name),  # type: ignore[no-untyped-call]
        routing_key=name,
        queue_arguments=_quorum_arguments() if is_rabbitmq(url) else None,
    )


def _quorum_arguments() -> dict[str, Any]:
    """What RabbitMQ keeps of a queue: few wake-ups, for a short time, on a majority of nodes."""
    return {
        "x-queue-type": "quorum",
        "x-max-length": QUEUE_LIMIT,
        "x-message-ttl": TASK_LIFE_SECONDS * 1000,
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-consumer-timeout": CONSUMER_TIMEOUT_SECONDS * 1000,
    }


class Publisher:
    """Leaves wake-ups with the broker."""

    def __init__(self) -> None:
        """Connect to nothing yet."""
        self._url = environment().broker
        producer = Celery("wakeups", set_as_current=False)
        self._producer = configure(producer, only_publishes=True)
        self._bus = None if is_rabbitmq(self._url) else _redis(self._url)

    def publish(self, queue: str) -> None:
        """Leave one, unless enough wait already; raises what the broker's client raises."""
        # RabbitMQ drops the oldest by itself.
        if self._bus is not None and int(str(self._bus.llen(queue))) >= QUEUE_LIMIT:
            return
        self._producer.send_task(
            TASK,
            args=[queue],
            queue=queue,
            expires=TASK_LIFE_SECONDS,
            retry=False,
            ignore_result=True,
        )


def _redis(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_timeout=PUBLISH_TIMEOUT_SECONDS,
        socket_connect_timeout=PUBLISH_TIMEOUT_SECONDS,
    )


def ensure_broker() -> None:
    """Connect to the broker once; raises what its client raises when it does not answer."""
    url = environment().broker
    with Connection(  # type: ignore[no-untyped-call]
        url,
        connect_timeout=BUS_TIMEOUT_SECONDS,
        transport_options=_transport_options(url, only_publishes=False),
    ) as connection:
        connection.ensure_connection(max_retries=1, timeout=BUS_TIMEOUT_SECONDS)
