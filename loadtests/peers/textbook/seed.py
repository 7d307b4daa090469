"""Create the textbook project's shops and people and print them as JSON.

Usage: `python -m loadtests.peers.textbook.seed SHOPS`
"""

import json
import sys

import django


def main(shops: int) -> None:
    django.setup()
    from django.contrib.auth.models import User  # noqa: PLC0415 - needs Django's apps
    from rest_framework.authtoken.models import Token  # noqa: PLC0415

    from loadtests.peers.textbook.models import MenuItem, Merchant  # noqa: PLC0415

    def person(name: str) -> tuple[User, str]:
        user = User.objects.create(username=name)
        return user, Token.objects.create(user=user).key

    rows = []
    for number in range(shops):
        owner, staff = person(f"staff{number}")
        merchant = Merchant.objects.create(name=f"Shop {number}", owner=owner)
        items = [
            MenuItem.objects.create(merchant=merchant, name=name, price=price).pk
            for name, price in (("Beef noodles", 18), ("Plum juice", 10.5))
        ]
        rows.append(
            {
                "merchant": merchant.pk,
                "items": items,
                "staff": staff,
                "customer": person(f"customer{number}")[1],
                "courier": person(f"courier{number}")[1],
            }
        )
    print(json.dumps(rows))


if __name__ == "__main__":
    main(int(sys.argv[1]))
