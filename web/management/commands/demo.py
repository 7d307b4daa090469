"""A small living city on this machine: everything through the product's own doors."""

import asyncio
import signal
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.environment import environment
from dispatch.policy import Matching
from web.demo.installation import Wish, installed
from web.demo.processes import StartFailed
from web.demo.show import Show, run


INTERRUPTED = 130
"""Exit status that shells give to what Ctrl-C has ended."""


class Command(BaseCommand):
    """Runs until Ctrl-C; without a head, until its hours are over."""

    help = "Seed a small city, bring it to life and print one address to open."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--speed", type=float, help="business seconds in a real one")
        parser.add_argument("--seed", type=int, default=1, help="the same seed, the same story")
        parser.add_argument("--port", type=int, default=8000, help="or the next free one above")
        parser.add_argument("--hours", type=float, help="simulated hours; default: no end")
        parser.add_argument("--orders-per-hour", type=float, help="how busy the city is")
        parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
        parser.add_argument(
            "--matching",
            choices=[each.value for each in Matching],
            default=Matching.OPTIMISE.value,
            help="each search for itself, or one plan for all",
        )
        parser.add_argument("--headless", action="store_true", help="end when the hours are over")
        parser.add_argument(
            "--open",
            nargs="?",
            const="",
            metavar="ADDRESS",
            help="let phones of this network scan the wall's codes from the start",
        )
        parser.add_argument("--check", action="store_true", help="verify everything from outside")
        parser.add_argument("--reset", action="store_true", help="empty any database")

    def handle(self, *_args: Any, **options: Any) -> None:
        if environment().production:
            raise CommandError("There is no demonstration in production (PAIDAN_PRODUCTION).")
        # A shell starts what it runs in the background deaf to Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _leave)
        show = Show.from_options(options)
        wish = Wish(
            port=options["port"],
            speed=show.speed,
            server=options["server"],
            reset=options["reset"],
            matching=options["matching"],
            apart=show.is_visited,
        )
        try:
            with installed(wish) as installation:
                problems = asyncio.run(run(show, installation))
        except StartFailed as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as interrupt:
            if show.check:  # a check that did not come to its verdict has not passed
                raise SystemExit(INTERRUPTED) from interrupt
            return
        if problems:
            raise SystemExit(1)


def _leave(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)
