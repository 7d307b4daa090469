"""Create shops with staff for the avalanche and print topics and people as JSON.

Usage: `python -m loadtests.avalanche.seed TOPICS CLIENTS_PER_TOPIC`
"""

import json
import sys

import django


def main(topics: int, clients: int) -> None:
    django.setup()
    from core.merchants.models import Merchant, Zone  # noqa: PLC0415 - needs Django's apps
    from core.people.models import Membership, Person  # noqa: PLC0415

    zone = Zone.objects.create(name="Loadtest", latitude=31.2, longitude=121.4)
    shops = Merchant.objects.bulk_create(
        Merchant(name=f"Shop {n}", zone=zone, latitude=31.2, longitude=121.4)
        for n in range(topics)
    )
    staff = Person.objects.bulk_create(
        Person(phone=f"+86136{n:08}", name=f"Clerk {n}") for n in range(topics * clients)
    )
    Membership.objects.bulk_create(
        Membership(person=person, merchant=shops[n // clients]) for n, person in enumerate(staff)
    )
    boards = [f"merchant:{shop.pk}" for shop in shops]
    wishes = [(boards[n // clients], str(person.pk)) for n, person in enumerate(staff)]
    print(json.dumps({"topics": boards, "wishes": wishes}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
