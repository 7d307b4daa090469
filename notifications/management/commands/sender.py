"""Runs the sender as a process, for installations without Celery workers."""

import signal
from argparse import ArgumentParser, ArgumentTypeError
from types import FrameType
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from notifications.lanes import Lane
from notifications.queues import MARKETING, QUEUES, UnknownQueue, read_queues
from notifications.serving import Service
from notifications.starting import CannotStart, check_start
from notifications.webhooks.metrics import serve_metrics


LANES: Final = {
    "all": frozenset(QUEUES),
    Lane.MARKETING: frozenset({MARKETING}),
    Lane.SERVICE: frozenset(QUEUES) - {MARKETING},
}


class Command(BaseCommand):
    """Sends until SIGTERM or SIGINT; any number may run, beside Celery workers too."""

    help = "Send push messages, SMS, operator cards and webhooks when they are due."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        taken = parser.add_mutually_exclusive_group()
        taken.add_argument(
            "--queues", type=_queues, help=f"which to serve, of {','.join(QUEUES)}; default: all"
        )
        taken.add_argument("--lane", choices=[*Lane, "all"], default="all")
        parser.add_argument("--metrics-port", type=int, help="serve /metrics of webhooks there")
        parser.add_argument("--metrics-host", default="127.0.0.1")

    def handle(self, *_args: Any, **options: Any) -> None:
        queues = options["queues"] or LANES[options["lane"]]
        try:
            # It hears the bell and polls: a broker is of no use to it.
            check_start(queues, needs_broker=False)
        except CannotStart as error:
            raise CommandError(f"sender does not start: {error}") from error
        finally:
            connections.close_all()
        service = Service(queues)

        def leave(_number: int, _frame: FrameType | None) -> None:
            service.leave()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, leave)
        if options["metrics_port"] is not None:
            serve_metrics(options["metrics_host"], options["metrics_port"])
        service.start()
        service.join()


def _queues(text: str) -> frozenset[str]:
    try:
        return read_queues(text)
    except UnknownQueue as error:
        raise ArgumentTypeError(str(error)) from error
