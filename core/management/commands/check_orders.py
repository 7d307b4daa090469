"""Checks the database for orders, legs, offers, promises, streams and money that broke a rule."""

import json
import re
import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from core.clock import now
from core.database import read_snapshot
from core.invariants import MOST_LINES, Invariant, Scope, get_invariants
from core.orders.models import Order


SHOWN: Final = 20
"""Lines of one rule that people are shown."""
BROKEN, MISUSED = 1, 2
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    """`manage.py check_orders`; exits with 1 when something is broken, 2 when asked nonsense."""

    help = (
        "Check every order and what belongs to it; change nothing. "
        "Exit with 1 when something breaks a rule."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let programs read the answer, and a large database be looked at in part."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--since",
            metavar="WHEN",
            help="only live orders and those created since: 90m, 24h, 7d or an ISO time",
        )

    def handle(self, **options: Any) -> None:
        """Read everything as of one moment and print what is broken."""
        scope = Scope(since=_moment(options["since"]))
        started_at = time.monotonic()
        with read_snapshot():
            broken = {rule: rule.broken(scope) for rule in get_invariants()}
            orders = Order.objects.filter(scope.orders()).count()
            live = Order.objects.filter(ended_at__isnull=True).count()
        counts = {"orders": orders, "live": live, "since": scope.since and scope.since.isoformat()}
        if options["json"]:
            lines = {rule.name: found for rule, found in broken.items()}
            told = {"ok": not any(lines.values()), **counts, "broken": lines}
            self.stdout.write(json.dumps(told))
        else:
            for rule, found in broken.items():
                self._tell(rule, found)
            seconds = time.monotonic() - started_at
            self.stdout.write(f"{orders} orders, {live} of them live, in {seconds:.1f} s")
        if any(broken.values()):
            raise SystemExit(BROKEN)

    def _tell(self, rule: Invariant, found: list[str]) -> None:
        if not found:
            self.stdout.write(f"ok      {rule.name}")
            return
        count = f"{len(found)} or more" if len(found) == MOST_LINES else str(len(found))
        self.stdout.write(self.style.ERROR(f"BROKEN  {rule.name}: {count}"))
        self.stdout.write(f"        {rule.sentence}")
        self.stdout.writelines(f"        - {line}" for line in found[:SHOWN])
        if len(found) > SHOWN:
            self.stdout.write(f"        - and others; --json shows up to {MOST_LINES}")


def _moment(said: str | None) -> datetime | None:
    """Read a moment, or how long ago it was.

    :raises CommandError: when it is neither.
    """
    if said is None:
        return None
    if found := re.fullmatch(r"(\d{1,6})([mhd])", said):
        return now() - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        moment = parse_datetime(said)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError("--since wants 90m, 24h, 7d or an ISO time", returncode=MISUSED)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
