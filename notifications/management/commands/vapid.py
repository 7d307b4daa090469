"""Makes the key pair by which push services know this installation."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from notifications.channels.vapid import generate_private_key


class Command(BaseCommand):
    """Prints two settings and keeps nothing; browsers subscribe with the public half."""

    help = "Print a new VAPID private key and subject as two lines for the environment."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--subject",
            default="mailto:operations@paidan.example",
            help="mailto: or https: address by which push services reach the operators",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        self.stdout.write(f"PAIDAN_VAPID_PRIVATE_KEY={generate_private_key()}")
        self.stdout.write(f"PAIDAN_VAPID_SUBJECT={options['subject']}")
