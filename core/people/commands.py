"""Joining, and being given or losing a role."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from core.errors import Conflict, NotFound
from core.merchants.models import Merchant
from core.people.models import Membership, Person
from core.people.sockets import close_sockets
from core.people.tokens import revoke_all_tokens


class PhoneTaken(Conflict):
    """Somebody joined with this number."""

    code = "phone_taken"
    title = "This phone number belongs to somebody already; log in."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Who joins; without a password they cannot log in, only use tokens."""

    phone: str
    name: str
    password: str | None = None
    locale: str = "zh-CN"
    is_courier: bool = False
    is_operator: bool = False


def register_person(new: NewPerson) -> Person:
    """Create the person.

    :raises PhoneTaken: when the number is known.
    """
    try:
        with transaction.atomic():
            return Person.objects.create_user(
                new.phone,
                new.password,
                name=new.name,
                locale=new.locale,
                is_courier=new.is_courier,
                is_operator=new.is_operator,
            )
    except IntegrityError as error:
        raise PhoneTaken from error


def add_staff(*, merchant: Merchant, phone: str, is_owner: bool) -> Person:
    """Let the person with `phone` work for the shop; again is harmless and renews `is_owner`.

    :raises NotFound: when nobody has that number.
    """
    person = Person.objects.filter(phone=phone, is_active=True).first()
    if person is None:
        raise NotFound("nobody with that number has joined yet")
    Membership.objects.update_or_create(
        person=person, merchant=merchant, defaults={"is_owner": is_owner}
    )
    return person


def remove_staff(*, merchant: Merchant, person_id: UUID) -> None:
    """End the person's work for the shop; again is harmless."""
    count, _ = Membership.objects.filter(merchant=merchant, person_id=person_id).delete()
    if count:
        close_sockets(person_id)


def set_courier(*, person_id: UUID, is_courier: bool) -> Person:
    """Give or take the courier's role.

    :raises NotFound: when there is no such person.
    """
    person = Person.objects.select_for_update().filter(pk=person_id).first()
    if person is None:
        raise NotFound
    if person.is_courier and not is_courier:
        close_sockets(person.pk)
    person.is_courier = is_courier
    person.save(update_fields=["is_courier"])
    return person


def deactivate_person(*, person_id: UUID, now: datetime) -> Person:
    """Shut the person out: no log-in, no token, no socket; again is harmless.

    :raises NotFound: when there is no such person.
    """
    person = Person.objects.select_for_update().filter(pk=person_id).first()
    if person is None:
        raise NotFound
    person.is_active = False
    person.save(update_fields=["is_active"])
    revoke_all_tokens(person, now=now)
    return person
