"""Name the database's history anew, after a backup was restored."""

from typing import Any

from django.core.management.base import BaseCommand

from core.events.models import Installation
from core.identifiers import new_id


class Command(BaseCommand):
    """Start a new epoch: every client takes fresh snapshots instead of resuming."""

    help = "Start a new epoch; run it once after restoring a backup, before the web processes."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write the new epoch and print it."""
        epoch = new_id().hex[-8:]
        Installation.objects.update_or_create(id=1, defaults={"epoch": epoch})
        self.stdout.write(epoch)
