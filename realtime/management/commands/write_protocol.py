"""Write the protocol's document from the frame classes."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from realtime.protocol_document import protocol_document


class Command(BaseCommand):
    """Renew `docs/protocol.md`."""

    help = "Write docs/protocol.md from the frame classes."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write the file."""
        path = Path(settings.BASE_DIR) / "docs" / "protocol.md"
        path.write_text(protocol_document())
        self.stdout.write(str(path))
