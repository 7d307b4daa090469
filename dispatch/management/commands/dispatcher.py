"""`manage.py dispatcher`: the dispatcher as a process; SIGTERM ends it after the current row."""

import signal
import threading
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import BaseCommand

from dispatch.runner import run_dispatcher


log = structlog.get_logger(__name__)


class Command(BaseCommand):
    """Fires deadlines, finds couriers, settles refunds; run two or more."""

    help = __doc__ or ""
    # They would load the whole HTTP API, which costs more than all the rest of the start.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Run until told to end."""
        stop = threading.Event()

        def end(number: int, _frame: FrameType | None) -> None:
            log.info("dispatcher.stopping", signal=number)
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        log.info("dispatcher.started")
        run_dispatcher(stop)
        log.info("dispatcher.stopped")
