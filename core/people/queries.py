"""Reading people: what they may be, and which of their tokens live."""

from typing import Any

from core.people.models import ApiToken, Membership, Person


def get_roles(person: Person) -> list[str]:
    """Roles the person can act in, in alphabetical order."""
    roles = {"customer"}
    if person.is_courier:
        roles.add("courier")
    if person.is_operator:
        roles.add("operator")
    if Membership.objects.filter(person=person).exists():
        roles.add("merchant")
    return sorted(roles)


def get_memberships(person: Person) -> list[dict[str, Any]]:
    """Shops the person works for."""
    rows = Membership.objects.filter(person=person).select_related("merchant")
    return [
        {
            "merchant_id": row.merchant_id,
            "merchant_name": row.merchant.name,
            "is_owner": row.is_owner,
        }
        for row in rows.order_by("merchant__name", "pk")
    ]


def get_live_tokens(person: Person) -> list[dict[str, Any]]:
    """Tokens that were not revoked, newest first; never their clear text."""
    rows = ApiToken.objects.filter(person=person, revoked_at__isnull=True).order_by("-pk")
    return [
        {
            "id": row.pk,
            "label": row.label,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
        }
        for row in rows
    ]


def person_view(person: Person) -> dict[str, Any]:
    """The person as they see themselves."""
    return {
        "id": person.pk,
        "phone": person.phone,
        "name": person.name,
        "locale": person.locale,
        "roles": get_roles(person),
        "memberships": get_memberships(person),
    }
