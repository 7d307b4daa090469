"""Finds the people behind a role, in the languages they read."""

from uuid import UUID

from core.people.models import Membership, Person
from core.prepared import Prepared
from notifications.commands import Recipient
from notifications.policies import Role


_staff = Prepared(
    lambda merchant: Membership.objects.filter(
        merchant=merchant, person__is_active=True
    ).values_list("person_id", "person__locale", "is_owner"),
    UUID,
)


def recipient(person: Person) -> list[Recipient]:
    """Return the person, if there is anybody to tell."""
    if not person.is_active:
        return []
    return [Recipient(person_id=person.pk, locale=person.locale)]


def recipients_for(role: Role, owner_id: UUID) -> list[Recipient]:
    """People to tell: the staff of shop `owner_id`, all operators, or person `owner_id`.

    A shop's owners are its second contact, unless they are its only staff.
    """
    if role is Role.STAFF:
        return [
            Recipient(person_id=person_id, locale=locale, is_second=is_owner)
            for person_id, locale, is_owner in _staff(owner_id)
        ]
    people = Person.objects.filter(is_active=True)
    if role is Role.OPERATORS:
        people = people.filter(is_operator=True)
    else:
        people = people.filter(pk=owner_id)
    return [
        Recipient(person_id=person_id, locale=locale)
        for person_id, locale in people.values_list("pk", "locale")
    ]
