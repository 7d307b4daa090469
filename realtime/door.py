"""The door of the socket edge: fetches the facts that authorisation decides on."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from core import clock
from core.legs.models import DeliveryLeg
from core.orders.access import roles_in_order
from core.orders.models import Order
from core.people.models import Membership, Person
from core.people.tokens import get_person_by_token
from realtime.authorisation import Standing, may_join
from realtime.shares import may_watch
from realtime.topics import Topic, TopicKind
from realtime.visitors import Guest, Known, Visitor


def get_active_people(person_ids: Collection[UUID]) -> dict[UUID, Person]:
    """Return people by id, without those who are gone."""
    return Person.objects.filter(is_active=True).in_bulk(list(person_ids))


def get_active_person(person_id: UUID) -> Person | None:
    """Return the person, unless they are gone."""
    return Person.objects.filter(pk=person_id, is_active=True).first()


def get_current(visitor: Visitor) -> Visitor | None:
    """Return the visitor as they are now, unless they are gone."""
    if isinstance(visitor, Guest):
        return visitor if may_watch(visitor, now=clock.now()) else None
    person = get_active_person(visitor.person.pk)
    return None if person is None else Known(person)


def get_visitor_by_token(token: str, *, now: datetime) -> Visitor | None:
    """Whom a bearer token belongs to, if anybody."""
    person = get_person_by_token(token, now=now)
    return None if person is None else Known(person)


def get_visitor_by_session(cookie_header: str) -> Visitor | None:
    """Whom the session cookie in a `Cookie` header belongs to, if anybody."""
    try:
        cookies = SimpleCookie(cookie_header)
    except CookieError:
        return None
    if settings.SESSION_COOKIE_NAME not in cookies:
        return None
    request = HttpRequest()
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(cookies[settings.SESSION_COOKIE_NAME].value)
    person = get_user(request)
    return Known(person) if isinstance(person, Person) else None


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """Somebody who wants to listen to a topic; each is decided for itself."""

    visitor: Visitor
    topic: Topic


def is_open_to(visitor: Visitor, topic: Topic) -> bool:
    """Whether the visitor may listen to the topic now."""
    wish = Wish(visitor, topic)
    return find_open([wish])[wish]


def find_open(wishes: Sequence[Wish]) -> dict[Wish, bool]:
    """Whether each may listen now; one statement for all who want to see a shop's board."""
    staff = _staff(wishes)
    return {
        wish: may_join(wish.topic, _standing(wish.visitor, wish.topic, staff)) for wish in wishes
    }


def _staff(wishes: Sequence[Wish]) -> set[tuple[UUID, UUID]]:
    """Person and shop of those who work there."""
    boards = [
        (wish.visitor.person.pk, wish.topic.id)
        for wish in wishes
        if isinstance(wish.visitor, Known)
        and wish.topic.kind is TopicKind.MERCHANT
        and not wish.visitor.person.is_operator
    ]
    if not boards:
        return set()
    people, shops = zip(*boards, strict=True)
    memberships = Membership.objects.filter(person__in=set(people), merchant__in=set(shops))
    return set(memberships.values_list("person_id", "merchant_id"))


def _standing(visitor: Visitor, topic: Topic, staff: Collection[tuple[UUID, UUID]]) -> Standing:
    if isinstance(visitor, Guest):
        current = get_current(visitor)
        return Standing(person_id=None, shared_order_id=visitor.order_id if current else None)
    person = visitor.person
    asks_for_order = topic.kind is TopicKind.ORDER and not person.is_operator
    roles = _roles_in_order(person, topic.id) if asks_for_order else ()
    return Standing(
        person_id=person.pk,
        is_operator=person.is_operator,
        is_courier=person.is_courier,
        is_staff=(person.pk, topic.id) in staff,
        roles_in_order=frozenset(roles),
    )


def _roles_in_order(person: Person, order_id: UUID) -> Iterator[str]:
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        return
    for role in roles_in_order(person, order):
        if role != "courier" or _is_on_the_way(person, order):
            yield role


def _is_on_the_way(courier: Person, order: Order) -> bool:
    legs = DeliveryLeg.objects.filter(order=order, courier=courier, ended_at__isnull=True)
    return legs.exists()
