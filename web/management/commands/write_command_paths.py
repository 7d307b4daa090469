"""Write the clients' tables of command paths from the registry."""

from typing import Any

from django.core.management.base import BaseCommand

from core.gate.registry import COMMANDS
from web.command_paths import BROWSER, PYTHON, browser_paths, python_paths


class Command(BaseCommand):
    """Renew both clients' tables; build the browser's client afterwards."""

    help = "Write web/realtime/src/paths.ts and realtime/client_paths.py from the registry."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write the files."""
        BROWSER.write_text(browser_paths(COMMANDS.values()))
        PYTHON.write_text(python_paths(COMMANDS.values()))
        self.stdout.write(f"{BROWSER}\n{PYTHON}")
