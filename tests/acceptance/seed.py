"""Fills the served installation with a small town; prints who and what it made as JSON."""

import json
import os
import sys
from typing import Any

import django
from django.core.management import call_command


PASSWORD = "long enough"
LATITUDE, LONGITUDE = 31.2304, 121.4737
PEOPLE = {
    "customer": ("林小雨", "+8613800000001", {}),
    "staff": ("王师傅", "+8613800000002", {}),
    "helper": ("小赵", "+8613800000003", {}),
    "courier": ("陈骑手", "+8613800000004", {"is_courier": True}),
    "operator": ("吴运营", "+8613800000005", {"is_operator": True}),
}
MENU = (
    ("兰州牛肉面", "手工拉面、清汤、加量牛肉", 2800),
    ("凉拌黄瓜", "蒜香", 900),
    ("卤蛋", "", 300),
    ("酸梅汤", "冰镇", 800),
)


def seed() -> dict[str, Any]:
    """Create the people, the shop and its menu."""
    from django.contrib.auth.hashers import make_password  # noqa: PLC0415

    from core.merchants.models import MenuItem, Merchant, Zone  # noqa: PLC0415
    from core.people.models import Membership, Person  # noqa: PLC0415

    zone = Zone.objects.create(name="人民广场", latitude=LATITUDE, longitude=LONGITUDE)
    merchant = Merchant.objects.create(
        name="马家面馆",
        address="福州路 88 号",
        phone="+862155550088",
        zone=zone,
        latitude=LATITUDE,
        longitude=LONGITUDE,
    )
    items = [
        MenuItem.objects.create(
            merchant=merchant, name=name, description=text, price_minor=price, position=position
        )
        for position, (name, text, price) in enumerate(MENU)
    ]
    password = make_password(PASSWORD)
    people = {
        role: Person.objects.create(phone=phone, password=password, name=name, **flags)
        for role, (name, phone, flags) in PEOPLE.items()
    }
    for role in ("staff", "helper"):
        Membership.objects.create(person=people[role], merchant=merchant)
    return {
        "merchant": str(merchant.pk),
        "zone": str(zone.pk),
        "items": [str(item.pk) for item in items],
        "sessions": {role: log_in(person) for role, person in people.items()},
    }


def log_in(person: Any) -> str:
    """Return the key of a session of the person, as the log-in page would make it."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415

    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    json.dump(seed(), sys.stdout)
