"""Celery's composition root: a worker takes wake-ups, and polls its queues beside its pool."""

import os
from typing import Any, Final

from celery import Celery
from celery.signals import worker_init, worker_ready, worker_shutdown, worker_shutting_down

from notifications.broker import configure


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")

app = configure(Celery("paidan"))
app.autodiscover_tasks(["notifications"])


class Polling:
    """The loops of this worker, once it has begun."""

    def __init__(self) -> None:
        """Serve nothing yet."""
        self._service: Any = None

    def start(self, queues: frozenset[str]) -> None:
        """Poll `queues`, so that a lost wake-up or a step whose time has come waits for none."""
        from notifications.serving import Service  # noqa: PLC0415  Django is loaded

        # By polling alone: the bell's loop would outlive a fork of the pool's.
        self._service = Service(queues, listens=False)
        self._service.start()

    def leave(self) -> None:
        """Claim nothing more."""
        if self._service is not None:
            self._service.leave()

    def end(self) -> None:
        """Let the sends under way end and write down what became of them."""
        if self._service is not None:
            self._service.leave()
            self._service.join()


polling: Final = Polling()


def queues_of(worker: Any) -> frozenset[str]:
    """Names of the queues that `worker` takes wake-ups from."""
    return frozenset(str(name) for name in worker.app.amqp.queues.consume_from)


@worker_init.connect  # type: ignore[untyped-decorator]
def check(sender: Any, **_kwargs: Any) -> None:
    """Refuse to start where the worker would not do its work, with one line and status 1.

    :raises SystemExit: what Celery, which logs other errors of a signal, lets through.
    """
    from django.db import connections  # noqa: PLC0415  Django is loaded

    from notifications.starting import CannotStart, check_start  # noqa: PLC0415  the same

    try:
        check_start(queues_of(sender), needs_broker=True)
    except CannotStart as error:
        raise SystemExit(f"worker does not start: {error}") from None
    finally:
        # The pool's processes are forked from this one.
        connections.close_all()


@worker_ready.connect  # type: ignore[untyped-decorator]
def start_polling(sender: Any, **_kwargs: Any) -> None:
    """Poll once the pool runs: what is forked later shares nothing with these threads."""
    polling.start(queues_of(sender))


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def leave(**_kwargs: Any) -> None:
    """Stop claiming at once, while tasks under way end."""
    polling.leave()


@worker_shutdown.connect  # type: ignore[untyped-decorator]
def end_polling(**_kwargs: Any) -> None:
    """Go last."""
    polling.end()
