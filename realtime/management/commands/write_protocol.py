"""Write the protocol's documents from the frame classes."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from realtime.contract.files import contract_files


class Command(BaseCommand):
    """Renew `docs/protocol.md`, `docs/asyncapi.json` and `docs/schemas/`."""

    help = "Write the protocol's documents below docs/ from the frame classes."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write the files."""
        folder = Path(settings.BASE_DIR) / "docs"
        for name, text in contract_files().items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            self.stdout.write(str(path))
