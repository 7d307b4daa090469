"""Fills the database with the demonstration city and prints its log-ins as JSON."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from core.clock import now
from core.environment import environment
from dispatch.policy import Matching
from web.demo.seed import seed_city, strangers_count


class Command(BaseCommand):
    """Runs once, before the demonstration's processes start."""

    requires_system_checks: list[str] = []
    help = "Empty a demonstration's database and seed the city; refuses any other database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="empty any database")
        parser.add_argument("--matching", type=Matching, default=Matching.OPTIMISE)

    def handle(self, *_args: Any, **options: Any) -> None:
        if environment().production:
            raise CommandError("There is no demonstration in production (PAIDAN_PRODUCTION).")
        call_command("migrate", verbosity=0, interactive=False)
        strangers = strangers_count()
        if strangers and not options["reset"]:
            raise CommandError(
                f"DATABASE_URL names a database with {strangers} people that no demonstration "
                "made. Name another, or add --reset to empty this one."
            )
        call_command("flush", verbosity=0, interactive=False)
        self.stdout.write(seed_city(now=now(), matching=options["matching"]).model_dump_json())
