"""Write the client's table of command paths from the registry."""

from typing import Any

from django.core.management.base import BaseCommand

from core.gate.registry import COMMANDS
from web.command_paths import PATH, command_paths


class Command(BaseCommand):
    """Renew `web/realtime/src/paths.ts`; build the client afterwards."""

    help = "Write web/realtime/src/paths.ts from the registered commands."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write the file."""
        PATH.write_text(command_paths(COMMANDS.values()))
        self.stdout.write(str(PATH))
