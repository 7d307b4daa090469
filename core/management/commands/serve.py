"""Run the web process; in the embedded default also the dispatcher and the sender, as threads."""

import threading
from argparse import ArgumentParser
from collections.abc import Callable
from importlib import import_module
from typing import Any

import structlog
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from core.environment import environment
from core.servers import run_server


log = structlog.get_logger(__name__)

STOP_SECONDS = 10
# Named as text: core knows the loops' places, not the apps above it.
DISPATCHER = "dispatch.runner.run_dispatcher"
WATCH = "notifications.watch.loop.watch_forever"
SENDERS = ["notifications.serving.run_senders"]


class InlineLoops:
    """Loops that the embedded default runs as threads of the web process."""

    def __init__(self, names: list[str]) -> None:
        """Prepare the loops at the dotted `names`, each `function(stop: threading.Event)`."""
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(import_string(name),), name=name, daemon=True)
            for name in names
        ]

    def _run(self, loop: Callable[[threading.Event], None]) -> None:
        while not self._stop.is_set():
            try:
                loop(self._stop)
            except Exception:
                log.exception("loop.crashed", loop=threading.current_thread().name)
                self._stop.wait(1)

    def start(self) -> None:
        """Start every loop."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask every loop to end and wait a bounded time for it."""
        self._stop.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)


class Command(BaseCommand):
    """Serve HTTP and WebSocket."""

    help = "Serve HTTP and WebSocket until SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and on which server."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
        parser.add_argument("--no-migrate", action="store_true", help="do not create tables")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create the embedded tables when missing, start the loops, serve."""
        env = environment()
        if env.embedded and not options["no_migrate"]:
            call_command("migrate", verbosity=0, interactive=False)
        loops = InlineLoops(
            [DISPATCHER] * env.runs_dispatcher + (SENDERS if env.runs_sender else [WATCH]),
        )
        application = import_module("asgi").application
        loops.start()
        address = f"http://{options['host']}:{options['port']}"
        self.stdout.write(f"Paidan serves at {address}; the API describes itself at /api/docs")
        self.stdout.flush()
        try:
            run_server(options["server"], application, host=options["host"], port=options["port"])
        finally:
            loops.stop()
