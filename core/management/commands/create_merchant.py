"""Creates a shop with a small menu and somebody who works there, and prints their token."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from core.clock import now
from core.merchants.models import MenuItem, Merchant, Zone
from core.people.commands import NewPerson, add_staff, register_person
from core.people.models import Person
from core.people.tokens import issue_token


MENU = (("牛肉面 Beef noodles", 2800), ("小笼包 Soup dumplings", 2200), ("豆浆 Soy milk", 600))
"""What it sells until told otherwise: name and price in minor units."""


class Command(BaseCommand):
    """The token stands alone on the last line, so that a shell can keep it."""

    help = "Create a shop with three items and its owner; print ids and the owner's token."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the shop's name")
        parser.add_argument("owner_phone", help="E.164, as +8613800138001")
        parser.add_argument("--owner-name", default="Owner")
        parser.add_argument("--password", help="lets the owner log in to the pages")
        parser.add_argument("--latitude", type=float, default=31.2304)
        parser.add_argument("--longitude", type=float, default=121.4737)
        parser.add_argument("--auto-accept", action="store_true")

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        merchant = _create_shop(options)
        items = [
            MenuItem.objects.create(
                merchant=merchant, name=name, price_minor=price_minor, position=position
            )
            for position, (name, price_minor) in enumerate(MENU)
        ]
        owner = _find_owner(options)
        add_staff(merchant=merchant, phone=owner.phone, is_owner=True)
        self.stderr.write(f"merchant {merchant.pk}")
        for item in items:
            self.stderr.write(f"item {item.pk} {item.name}")
        self.stdout.write(issue_token(person=owner, label="command line", now=now()))


def _create_shop(options: dict[str, Any]) -> Merchant:
    place = {"latitude": options["latitude"], "longitude": options["longitude"]}
    return Merchant.objects.create(
        name=options["name"],
        zone=Zone.objects.create(name=options["name"], **place),
        auto_accept=options["auto_accept"],
        **place,
    )


def _find_owner(options: dict[str, Any]) -> Person:
    owner = Person.objects.filter(phone=options["owner_phone"]).first()
    if owner is None:
        owner = register_person(
            NewPerson(phone=options["owner_phone"], name=options["owner_name"])
        )
    if options["password"]:
        owner.set_password(options["password"])
        owner.save(update_fields=["password"])
    return owner
