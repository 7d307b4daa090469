"""Removes photos and signatures whose time is over; for a daily job."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from core.clock import now
from core.environment import environment
from core.proofs.commands import purge_proofs
from core.proofs.storage.chosen import proof_store


class Command(BaseCommand):
    """Prints how many it has removed; what is known of them stays in the database."""

    help = "Remove photos and signatures of deliveries older than PAIDAN_PROOF_KEEP_DAYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, help="instead of the setting")

    def handle(self, *_args: Any, **options: Any) -> None:
        days = environment().proof_keep_days if options["days"] is None else options["days"]
        count = purge_proofs(older_than=timedelta(days=days), store=proof_store(), now=now())
        self.stdout.write(f"{count} removed")
