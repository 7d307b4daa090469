"""Create what listeners need, and print it as JSON: topics, and who may listen to each.

Usage: `python -m loadtests.measure.seed {tickets|tokens} TOPICS LISTENERS_PER_TOPIC`

The topics are boards of shops, the listeners operators, each with a ticket or with a token.
"""

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import django


if TYPE_CHECKING:
    from core.people.models import Person


def main(credential: str, topics: int, listeners: int) -> None:
    django.setup()
    from core.merchants.models import Merchant, Zone  # noqa: PLC0415 - needs Django's apps
    from core.people.models import Person  # noqa: PLC0415

    zone = Zone.objects.create(name="Loadtest", latitude=31.2, longitude=121.4)
    shops = Merchant.objects.bulk_create(
        Merchant(name=f"Shop {n}", zone=zone, latitude=31.2, longitude=121.4)
        for n in range(topics)
    )
    names = [f"merchant:{shop.id}" for shop in shops]
    people = Person.objects.bulk_create(
        Person(phone=f"+86139{n:08}", name=f"Operator {n}", is_operator=True)
        for n in range(topics * listeners)
    )
    issue = _issuer_of(credential)
    subscriptions = [(names[n // listeners], issue(person)) for n, person in enumerate(people)]
    print(json.dumps({"topics": names, "subscriptions": subscriptions}))


def _issuer_of(credential: str) -> Callable[["Person"], str]:
    from core.clock import now  # noqa: PLC0415 - as above
    from core.people.tokens import issue_token  # noqa: PLC0415
    from realtime.tickets import issue_ticket  # noqa: PLC0415

    def token_of(person: "Person") -> str:
        return issue_token(person=person, label="loadtest", now=now())

    return {"tickets": issue_ticket, "tokens": token_of}[credential]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
