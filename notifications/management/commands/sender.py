"""Runs the sender as a process, for installations without Celery workers."""

import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from notifications.lanes import Lane
from notifications.sender import run_campaigns, run_sender
from notifications.webhooks.metrics import serve_metrics


class Command(BaseCommand):
    """Sends until SIGTERM or SIGINT; any number may run, beside Celery workers too."""

    help = "Send push messages, SMS, operator cards and webhooks when they are due."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--lane", choices=[*Lane, "all"], default="all")
        parser.add_argument("--metrics-port", type=int, help="serve /metrics of webhooks there")
        parser.add_argument("--metrics-host", default="127.0.0.1")

    def handle(self, *_args: Any, **options: Any) -> None:
        stop = threading.Event()

        def leave(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, leave)
        if options["metrics_port"] is not None:
            serve_metrics(options["metrics_host"], options["metrics_port"])
        loops = {Lane.SERVICE: run_sender, Lane.MARKETING: run_campaigns}
        threads = [
            threading.Thread(target=loop, args=(stop,), name=lane)
            for lane, loop in loops.items()
            if options["lane"] in {lane, "all"}
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
