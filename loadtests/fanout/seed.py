"""Create shops and operators for the fan-out question and print their tickets as JSON.

Usage: `python -m loadtests.fanout.seed TOPICS SOCKETS_PER_TOPIC`
"""

import json
import sys

import django


def main(topics: int, sockets: int) -> None:
    django.setup()
    from core.merchants.models import Merchant, Zone  # noqa: PLC0415 - needs Django's apps
    from core.people.models import Person  # noqa: PLC0415
    from realtime.tickets import issue_ticket  # noqa: PLC0415

    zone = Zone.objects.create(name="Loadtest", latitude=31.2, longitude=121.4)
    shops = Merchant.objects.bulk_create(
        Merchant(name=f"Shop {n}", zone=zone, latitude=31.2, longitude=121.4)
        for n in range(topics)
    )
    names = [f"merchant:{shop.id}" for shop in shops]
    people = Person.objects.bulk_create(
        Person(phone=f"+86139{n:08}", name=f"Operator {n}", is_operator=True)
        for n in range(topics * sockets)
    )
    subscriptions = [
        (names[n // sockets], issue_ticket(person)) for n, person in enumerate(people)
    ]
    print(json.dumps({"topics": names, "subscriptions": subscriptions}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
