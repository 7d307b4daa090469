"""Create people for the idle question and print the inbox and the ticket of each as JSON.

Usage: `python -m loadtests.idle.seed FIRST COUNT`
"""

import json
import sys

import django


def main(first: int, count: int) -> None:
    django.setup()
    from core.people.models import Person  # noqa: PLC0415 - needs Django's apps
    from realtime.tickets import issue_ticket  # noqa: PLC0415

    people = Person.objects.bulk_create(
        Person(phone=f"+86137{n:08}", name=f"Customer {n}") for n in range(first, first + count)
    )
    print(json.dumps([(f"user:{person.pk}", issue_ticket(person)) for person in people]))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
