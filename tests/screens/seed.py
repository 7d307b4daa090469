"""Founds small towns in the served installation, one for each line that it reads.

Every test has a town of its own, far from the others: what one leaves behind, an order that still
rings or a courier who still waits, concerns no other. Prints who and what it made as JSON.
"""

import json
import os
import sys
from typing import Any

import django
from django.core.management import call_command


PASSWORD = "long enough"
LATITUDE, LONGITUDE = 31.2304, 121.4737
APART_DEGREES = 0.4
TOWNS_IN_A_ROW = 80
PEOPLE = {
    "customer": ("林小雨", {}),
    "staff": ("王师傅", {}),
    "helper": ("小赵", {}),
    "courier": ("陈骑手", {"is_courier": True}),
    "operator": ("吴运营", {"is_operator": True}),
}
MENU = (
    ("兰州牛肉面", "手工拉面、清汤、加量牛肉", 2800),
    ("凉拌黄瓜", "蒜香", 900),
    ("卤蛋", "", 300),
    ("酸梅汤", "冰镇", 800),
)


def found_town(number: int, password: str) -> dict[str, Any]:
    """Create the people, the shop and its menu."""
    from core.merchants.models import MenuItem, Merchant, Zone  # noqa: PLC0415
    from core.people.models import Membership, Person  # noqa: PLC0415

    row, column = divmod(number, TOWNS_IN_A_ROW)
    place = {
        "latitude": LATITUDE + row * APART_DEGREES,
        "longitude": LONGITUDE + column * APART_DEGREES,
    }
    zone = Zone.objects.create(name="人民广场", **place)
    merchant = Merchant.objects.create(
        name="马家面馆", address="福州路 88 号", phone="+862155550088", zone=zone, **place
    )
    items = [
        MenuItem.objects.create(
            merchant=merchant, name=name, description=text, price_minor=price, position=position
        )
        for position, (name, text, price) in enumerate(MENU)
    ]
    people = {
        role: Person.objects.create(
            phone=f"+86138{number:04}{at:04}", password=password, name=name, **flags
        )
        for at, (role, (name, flags)) in enumerate(PEOPLE.items())
    }
    for role in ("staff", "helper"):
        Membership.objects.create(person=people[role], merchant=merchant)
    return {
        "merchant": str(merchant.pk),
        "zone": str(zone.pk),
        "items": [str(item.pk) for item in items],
        **place,
        "phones": {role: person.phone for role, person in people.items()},
    }


def found_towns() -> None:
    """Found a town for every line of standard input, and print it as one line."""
    from django.contrib.auth.hashers import make_password  # noqa: PLC0415
    from django.db import transaction  # noqa: PLC0415

    password = make_password(PASSWORD)
    for number, _line in enumerate(sys.stdin):
        with transaction.atomic():
            town = found_town(number, password)
        sys.stdout.write(json.dumps(town) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    found_towns()
