"""Create a shop with a waiting order; print the shop and the session of its owner as JSON.

Usage: `python -m loadtests.screens.seed`
"""

import json

import django


def main() -> None:
    django.setup()
    from core.clock import now  # noqa: PLC0415 - needs Django's apps
    from core.merchants.models import MenuItem, Merchant, Zone  # noqa: PLC0415
    from core.people.models import Membership, Person  # noqa: PLC0415
    from core.people.tokens import issue_token  # noqa: PLC0415

    place = {"latitude": 31.2, "longitude": 121.4}
    zone = Zone.objects.create(name="Loadtest", **place)
    shop = Merchant.objects.create(name="Noodles", zone=zone, **place)
    item = MenuItem.objects.create(merchant=shop, name="Soup", price_minor=1200, position=0)
    person = Person.objects.create(phone="+8613900000001", name="Wang")
    Membership.objects.create(person=person, merchant=shop, is_owner=True)
    token = issue_token(person=person, label="loadtest", now=now())
    print(json.dumps({"shop": str(shop.pk), "item": str(item.pk), "token": token}))


if __name__ == "__main__":
    main()
