"""Runs the sender as a process, for installations without Celery workers."""

import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from notifications.sender import run_sender


class Command(BaseCommand):
    """Sends until SIGTERM or SIGINT; any number may run, beside Celery workers too."""

    help = "Send push messages, SMS and operator cards when they are due."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = threading.Event()

        def leave(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, leave)
        run_sender(stop)
