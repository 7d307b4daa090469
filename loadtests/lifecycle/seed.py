"""Create shops, staff and customers for the lifecycle question and print them as JSON.

Usage: `python -m loadtests.lifecycle.seed SHOPS`
"""

import json
import sys
from datetime import timedelta

import django


_COURIERS = 30


def main(shops: int) -> None:
    django.setup()
    from core.clock import now  # noqa: PLC0415 - needs Django's apps
    from core.events.facts import Actor  # noqa: PLC0415
    from core.merchants.models import MenuItem, Merchant, Zone  # noqa: PLC0415
    from core.people.models import Membership, Person  # noqa: PLC0415
    from core.people.tokens import issue_token  # noqa: PLC0415
    from dispatch.models import CourierShift  # noqa: PLC0415
    from dispatch.policy import Vehicle  # noqa: PLC0415
    from dispatch.positions.reports import Position  # noqa: PLC0415
    from dispatch.shifts import go_online, set_auto_accept  # noqa: PLC0415

    def token(person: Person) -> str:
        return issue_token(person=person, label="loadtest", now=now())

    zone = Zone.objects.create(name="Loadtest", latitude=31.2, longitude=121.4)
    # `auto_accept`: the measured courier takes what the dispatcher offers.
    riders = [
        Person.objects.create(phone=f"+86136{n:08}", name=f"Courier {n}", is_courier=True)
        for n in range(_COURIERS)
    ]
    for rider in riders:
        go_online(
            person=rider,
            position=Position(latitude=31.2, longitude=121.4),
            vehicle=Vehicle.SCOOTER,
            now=now(),
            actor=Actor("courier", str(rider.pk)),
        )
        set_auto_accept(person=rider, value=True, now=now(), actor=Actor("courier", str(rider.pk)))
    # Their devices would report every half minute; a run must not be the slower for it, nor lose
    # them from sight.
    CourierShift.objects.update(position_at=now() + timedelta(hours=1))
    couriers = {str(rider.pk): token(rider) for rider in riders}
    rows = []
    for number in range(shops):
        shop = Merchant.objects.create(
            name=f"Shop {number}", zone=zone, latitude=31.2, longitude=121.4
        )
        staff = Person.objects.create(phone=f"+86137{number:08}", name=f"Staff {number}")
        customer = Person.objects.create(phone=f"+86138{number:08}", name=f"Customer {number}")
        Membership.objects.create(person=staff, merchant=shop, is_owner=True)
        items = [
            MenuItem.objects.create(merchant=shop, name=name, price_minor=price, stock=1_000_000)
            for name, price in (("Beef noodles", 1800), ("Plum juice", 1050))
        ]
        rows.append(
            {
                "merchant": str(shop.id),
                "items": [str(item.id) for item in items],
                "staff": token(staff),
                "customer": token(customer),
                "couriers": couriers,
            }
        )
    print(json.dumps(rows))


if __name__ == "__main__":
    main(int(sys.argv[1]))
