"""Puts the demonstration city into an empty database and hands out its log-ins and tokens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from pydantic import BaseModel, ConfigDict

from core.events.facts import Actor
from core.events.work import unit_of_work
from core.merchants.models import MenuItem, Merchant, Zone
from core.people.models import Membership, Person
from core.people.tokens import issue_token
from core.proofs.policy import ProofKind, Situation
from dispatch.policy import Matching
from dispatch.zones.commands import configure_zone, lock_settings
from web.demo import city
from web.demo.doors import door_near
from web.demo.geometry import Place


WHY = "the demonstration"
PROOFS = [ProofKind.PIN, ProofKind.QR, ProofKind.PHOTO, ProofKind.SIGNATURE]
"""Visitors tell our couriers no code, so a photo proves any delivery here."""


class Frozen(BaseModel):
    """Base of the values that travel from the seeding process to the simulation."""

    model_config = ConfigDict(frozen=True)


class Login(Frozen):
    """One person of the city and the token their program carries."""

    id: str
    name: str
    phone: str
    token: str


class SeededShop(Frozen):
    """One shop: ids, in the order of its menu, and its people, the owner first."""

    id: str
    name: str
    item_ids: tuple[str, ...]
    staff: tuple[Login, ...]
    latitude: float
    longitude: float


class SeededCity(Frozen):
    """Everybody the simulation plays, and the ids it needs."""

    zone_id: str
    shops: tuple[SeededShop, ...]
    couriers: tuple[Login, ...]
    customers: tuple[Login, ...]
    operator: Login


@dataclass(frozen=True, slots=True)
class Population:
    """Creates people with one shared password hash: hashing sixty times would take a minute."""

    password: str
    now: datetime

    def add(self, phone: str, name: str, **flags: bool) -> tuple[Person, Login]:
        """Create one person with a token."""
        person = Person.objects.create(phone=phone, name=name, password=self.password, **flags)
        token = issue_token(person=person, label="demonstration", now=self.now)
        return person, Login(id=str(person.pk), name=name, phone=phone, token=token)


def strangers_count() -> int:
    """How many people the database holds that no demonstration has made."""
    return Person.objects.exclude(phone__in=city.all_phones()).count()


@transaction.atomic
def seed_city(*, now: datetime, matching: Matching = Matching.OPTIMISE) -> SeededCity:
    """Create the zone, shops with menus and staff, couriers, customers and the operator."""
    latitude, longitude = city.CENTRE
    zone = Zone.objects.create(
        name=city.ZONE_NAME,
        latitude=latitude,
        longitude=longitude,
        radius_metres=city.RADIUS_METRES,
        proof_policy={"kinds": dict.fromkeys(Situation, PROOFS)},
    )
    people = Population(make_password(city.PASSWORD), now)
    operator, operator_login = people.add(city.OPERATOR_PHONE, "调度员 Operator", is_operator=True)
    with unit_of_work(now=now, actor=Actor("operator", str(operator.pk))) as work:
        settings = lock_settings(zone.pk, work=work)
        configure_zone(settings, values={"matching": matching}, reason=WHY, work=work)
    return SeededCity(
        zone_id=str(zone.pk),
        shops=tuple(_shops(zone, people)),
        couriers=tuple(
            people.add(city.courier_phone(number), name, is_courier=True)[1]
            for number, name in enumerate(city.COURIER_NAMES)
        ),
        customers=tuple(
            people.add(city.customer_phone(number), name)[1]
            for number, name in enumerate(city.CUSTOMER_NAMES)
        ),
        operator=operator_login,
    )


def _shops(zone: Zone, people: Population) -> Iterator[SeededShop]:
    centre = Place(*city.CENTRE)
    for number, shop in enumerate(city.SHOPS):
        place, street = door_near(centre.moved(east=shop.east, north=shop.north))
        merchant = Merchant.objects.create(
            name=shop.name,
            kind=shop.kind,
            phone=city.staff_phone(number, 1),
            address=f"{street} {2 * number + 1}",
            zone=zone,
            latitude=place.latitude,
            longitude=place.longitude,
            preparation_minutes=shop.preparation_minutes,
            auto_accept=shop.auto_accept,
        )
        yield SeededShop(
            id=str(merchant.pk),
            name=shop.name,
            item_ids=tuple(_menu(merchant, shop)),
            staff=tuple(_staff(merchant, number, people)),
            latitude=place.latitude,
            longitude=place.longitude,
        )


def _menu(merchant: Merchant, shop: city.Shop) -> Iterator[str]:
    for position, dish in enumerate(shop.menu):
        item = MenuItem.objects.create(
            merchant=merchant,
            name=dish.name,
            price_minor=dish.price_minor,
            stock=dish.stock,
            position=position,
        )
        yield str(item.pk)


def _staff(merchant: Merchant, number: int, people: Population) -> Iterator[Login]:
    for turn, title in enumerate(("店长", "店员"), start=1):
        person, login = people.add(city.staff_phone(number, turn), f"{merchant.name[:2]}{title}")
        Membership.objects.create(person=person, merchant=merchant, is_owner=turn == 1)
        yield login
