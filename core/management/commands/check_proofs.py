"""Looks for photos and signatures that the store should have and has not."""

from typing import Any

from django.core.management.base import BaseCommand

from core.proofs.commands import find_lost_proofs
from core.proofs.storage.chosen import proof_store


class Command(BaseCommand):
    """Changes nothing; exits 1 when something is lost."""

    help = "List pictures that the store has lost."

    def handle(self, *_args: Any, **_options: Any) -> None:
        lost = find_lost_proofs(store=proof_store())
        for row in lost:
            self.stdout.write(f"{row.kind} {row.pk} of leg {row.leg_id} is lost: {row.name}")
        if lost:
            raise SystemExit(1)
        self.stdout.write("every picture is there")
