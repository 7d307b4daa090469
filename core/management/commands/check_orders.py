"""Checks the whole database for orders, legs, streams and money that broke their law."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.database import read_snapshot
from core.orders.invariants import INVARIANTS
from core.orders.models import Order


class Command(BaseCommand):
    """`manage.py check_orders [--json]`; exits with 1 when something is broken."""

    help = "Check every order, leg, stream and payment; exit 1 when one breaks its law."

    def add_arguments(self, parser: CommandParser) -> None:
        """Let programs read the answer."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        """Read everything as of one moment and print what is broken."""
        with read_snapshot():
            broken = {name: list(find()) for name, find in INVARIANTS.items()}
            orders = Order.objects.count()
            live = Order.objects.filter(ended_at__isnull=True).count()
        sound = not any(broken.values())
        if options["json"]:
            told = {"ok": sound, "orders": orders, "live": live, "broken": broken}
            self.stdout.write(json.dumps(told))
        else:
            for name, lines in broken.items():
                self.stdout.write(f"{name}: {'sound' if not lines else f'{len(lines)} broken'}")
                self.stdout.writelines(f"  {line}" for line in lines)
            self.stdout.write(f"{orders} orders, {live} of them live")
        if not sound:
            raise SystemExit(1)
