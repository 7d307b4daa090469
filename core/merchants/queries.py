"""Reading shops: who works there, which are near, whether they take orders."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.errors import NotFound
from core.merchants.availability import get_availability
from core.merchants.distance import box_around, metres_between
from core.merchants.models import MenuItem, Merchant, OpeningHours
from core.people.models import Membership, Person
from core.prepared import Prepared


NEAR_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A point in degrees and how far around it to look."""

    latitude: float
    longitude: float
    radius_metres: float


def is_staff(person: Person, merchant_id: UUID) -> bool:
    """Whether the person works for the shop; an operator may act for any."""
    if person.is_operator:
        return True
    return Membership.objects.filter(person=person, merchant_id=merchant_id).exists()


def access_merchant(person: Person, merchant_id: UUID, *, lock: bool = False) -> Merchant:
    """Return the shop for one of its people or an operator.

    :raises NotFound: when there is none or the person does not work there.
    """
    merchants = Merchant.objects.select_for_update() if lock else Merchant.objects
    merchant = merchants.filter(pk=merchant_id).first()
    if merchant is None or not is_staff(person, merchant_id):
        raise NotFound
    return merchant


def get_staff(merchant_id: UUID) -> list[dict[str, Any]]:
    """Who works for the shop, by name."""
    rows = Membership.objects.filter(merchant_id=merchant_id).select_related("person")
    return [
        {"id": row.person_id, "name": row.person.name, "is_owner": row.is_owner}
        for row in rows.order_by("person__name", "pk")
    ]


get_hours = Prepared(lambda merchant: OpeningHours.objects.filter(merchant=merchant), UUID)
"""Weekly opening spans of a shop."""


def is_taking_orders(
    merchant: Merchant, now: datetime, *, hours: Iterable[OpeningHours] | None = None
) -> bool:
    """Whether the shop's switch, its pause and its opening hours allow an order at `now`.

    `hours` are the shop's, when the caller has them at hand.
    """
    return get_availability(merchant, now, hours=hours).is_taking


def get_merchant(merchant_id: UUID) -> Merchant:
    """Return a shop as the public may see it.

    :raises NotFound: when there is none.
    """
    merchant = Merchant.objects.select_related("zone").filter(pk=merchant_id).first()
    if merchant is None:
        raise NotFound
    return merchant


def get_merchants_near(place: Place) -> list[tuple[Merchant, float]]:
    """Shops within the radius with their distance in metres, nearest first, at most a hundred."""
    box = box_around(place.latitude, place.longitude, place.radius_metres)
    inside = Merchant.objects.filter(
        latitude__range=(box.south, box.north), longitude__range=(box.west, box.east)
    )
    measured = [
        (merchant, _metres(place, merchant))
        for merchant in inside.select_related("zone").prefetch_related("opening_hours")
    ]
    near = [pair for pair in measured if pair[1] <= place.radius_metres]
    return sorted(near, key=lambda pair: pair[1])[:NEAR_LIMIT]


def get_merchants_after(
    merchant_id: UUID | None, *, limit: int, ids: Iterable[UUID] | None = None
) -> list[Merchant]:
    """Shops in the order of their ids, after `merchant_id`; of `ids` only when given."""
    rows = Merchant.objects.select_related("zone").prefetch_related("opening_hours")
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    if merchant_id is not None:
        rows = rows.filter(pk__gt=merchant_id)
    return list(rows.order_by("pk")[:limit])


def get_menu(merchant_id: UUID) -> list[dict[str, Any]]:
    """The shop's items in the order of its menu, with what is left of each."""
    return [
        {
            "id": item.pk,
            "name": item.name,
            "description": item.description,
            "price_minor": item.price_minor,
            "stock": item.stock,
            "is_available": is_available(item),
            "version": item.version,
        }
        for item in MenuItem.objects.filter(merchant_id=merchant_id)
    ]


def is_available(item: MenuItem) -> bool:
    """Whether at least one can be ordered."""
    return not item.is_sold_out and item.stock != 0


def _metres(place: Place, merchant: Merchant) -> float:
    return metres_between(place.latitude, place.longitude, merchant.latitude, merchant.longitude)
