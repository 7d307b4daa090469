"""Create shops and operators for the jitter question and print their tokens as JSON.

Usage: `python -m loadtests.jitter.seed TOPICS SOCKETS_PER_TOPIC`
"""

import json
import sys

import django


def main(topics: int, sockets: int) -> None:
    django.setup()
    from core.clock import now  # noqa: PLC0415 - needs Django's apps
    from core.merchants.models import Merchant, Zone  # noqa: PLC0415
    from core.people.models import Person  # noqa: PLC0415
    from core.people.tokens import issue_token  # noqa: PLC0415

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
        (names[n // sockets], issue_token(person=person, label="jitter", now=now()))
        for n, person in enumerate(people)
    ]
    print(json.dumps({"topics": names, "subscriptions": subscriptions}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
