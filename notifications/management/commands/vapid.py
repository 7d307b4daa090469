"""Makes, shows, rotates and retires the key pairs by which push services know us."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.clock import clock
from notifications.channels.vapid import generate_private_key
from notifications.pushing.commands import KeyNeededError, remember_unknown_keys, retire_key
from notifications.pushing.keys import VapidKeys, keep, keeps_own_keys, vapid_keys
from notifications.pushing.queries import get_live_counts


SHOWN_LENGTH = 16
"""Characters of a public key that name it."""


class Command(BaseCommand):
    """Where the environment has the keys it prints settings; else it changes the file of keys."""

    help = "Make, show, rotate or retire VAPID keys; the runbook says how to lose no device."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "action",
            nargs="?",
            default="generate",
            choices=["generate", "show", "rotate", "retire"],
            help="generate: print a first key; show: keys and how many devices have each; rotate: "
            "a new key before the others; retire: drop an earlier one",
        )
        parser.add_argument(
            "key", nargs="?", default="", help="retire: the public key's beginning"
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="retire although devices have the key: they are pushed to no more",
        )
        parser.add_argument(
            "--subject",
            default="mailto:operations@paidan.example",
            help="generate: mailto: or https: address by which push services reach the operators",
        )

    def handle(self, *_args: Any, action: str, key: str, **options: Any) -> None:
        if action == "generate":
            self.stdout.write(f"PAIDAN_VAPID_PRIVATE_KEY={generate_private_key()}")
            self.stdout.write(f"PAIDAN_VAPID_SUBJECT={options['subject']}")
            return
        keys = vapid_keys()
        if not keys.private:
            raise CommandError("There is no key: set what `manage.py vapid generate` prints.")
        match action:
            case "show":
                self._show(keys)
            case "rotate":
                remember_unknown_keys(keys=keys)
                self._change(keys.rotated())
            case _:
                self._retire(keys, key, force=options["force"])

    def _show(self, keys: VapidKeys) -> None:
        for number, (public, count) in enumerate(get_live_counts(keys=keys).items()):
            name = "current" if number == 0 else "previous"
            self.stdout.write(f"{name} {public} {count} live subscriptions")

    def _retire(self, keys: VapidKeys, beginning: str, *, force: bool) -> None:
        named = [public for public in keys.public if beginning and public.startswith(beginning)]
        if len(named) != 1:
            raise CommandError("Name one of the keys that `manage.py vapid show` prints.")
        try:
            left = retire_key(public=named[0], keys=keys, force=force, now=clock().now())
        except KeyNeededError as error:
            raise CommandError(str(error)) from error
        self._change(left)

    def _change(self, keys: VapidKeys) -> None:
        if keeps_own_keys():
            keep(keys)
            self.stdout.write(
                f"current {keys.public[0][:SHOWN_LENGTH]}, {len(keys.private)} in all"
            )
        else:
            self.stdout.write(f"PAIDAN_VAPID_PRIVATE_KEY={keys.current}")
            self.stdout.write(f"PAIDAN_VAPID_PREVIOUS_KEYS={','.join(keys.private[1:])}")
        self.stderr.write("Restart every process of the product.")
