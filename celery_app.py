"""Celery's composition root: the worker consumes wake-ups and polls beside its pool."""

import os
import threading
from typing import Any, Final

from celery import Celery
from celery.signals import worker_ready, worker_shutdown
from kombu.entity import Exchange, Queue


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")

BUS_TIMEOUT_SECONDS = 5.0
MARKETING: Final = "marketing"

app = Celery("paidan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [
    Queue(name, Exchange(name), routing_key=name)  # type: ignore[no-untyped-call]
    for name in ("push", "sms", "call", MARKETING)
]
app.conf.worker_prefetch_multiplier = 1
app.conf.broker_transport_options = {
    "socket_timeout": BUS_TIMEOUT_SECONDS,
    "socket_connect_timeout": BUS_TIMEOUT_SECONDS,
}
app.autodiscover_tasks(["notifications"])

_stop: Final = threading.Event()
_threads: Final[list[threading.Thread]] = []


@worker_ready.connect  # type: ignore[untyped-decorator]
def start_polling(sender: Any, **_kwargs: Any) -> None:
    """Send by polling too, so that a lost wake-up or a step whose time has come waits for none.

    A worker polls for the lanes whose queues it takes, each in a thread of its own.
    """
    from notifications.sender import run_campaigns, run_sender  # noqa: PLC0415  Django is loaded

    taken = {str(name) for name in sender.app.amqp.queues.consume_from}
    loops = [run_campaigns] * (MARKETING in taken) + [run_sender] * bool(taken - {MARKETING})
    for loop in loops:
        thread = threading.Thread(
            target=loop,
            args=(_stop,),
            kwargs={"listens": False},
            name=loop.__name__,
            daemon=True,
        )
        thread.start()
        _threads.append(thread)


@worker_shutdown.connect  # type: ignore[untyped-decorator]
def stop_polling(**_kwargs: Any) -> None:
    """Let the sends under way end and write down what became of them."""
    _stop.set()
    for thread in _threads:
        thread.join()
