"""Commands about people, as the outside names them."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field

from core.errors import NotAllowed, NotFound
from core.gate.registry import Arguments, Call, NoArguments, command
from core.merchants.models import Merchant
from core.merchants.queries import access_merchant
from core.people.commands import add_staff, deactivate_person, remove_staff, set_courier
from core.people.models import Membership
from core.people.phones import e164


def _as_e164(given: Any) -> Any:
    return e164(given) if isinstance(given, str) else given


Phone = Annotated[
    str,
    BeforeValidator(_as_e164),
    Field(pattern=r"^\+[1-9]\d{6,14}$", examples=["+8613800138000"]),
]
"""E.164; what people type, with spaces or without a country, becomes it."""


class InviteArguments(Arguments):
    """Who is to work for the shop."""

    phone: Phone
    is_owner: bool = False


class DismissArguments(Arguments):
    """Who no longer works for the shop."""

    person_id: UUID


@command(
    "staff.invite",
    path="/merchants/{merchant_id}/staff/invite",
    subject="merchant_id",
    arguments=InviteArguments,
)
def invite(call: Call, arguments: InviteArguments) -> dict[str, Any]:
    """Let somebody work for the shop; for its owner or an operator."""
    merchant = _owned_merchant(call)
    person = add_staff(merchant=merchant, phone=arguments.phone, is_owner=arguments.is_owner)
    return {"person_id": person.pk, "name": person.name, "is_owner": arguments.is_owner}


@command(
    "staff.dismiss",
    path="/merchants/{merchant_id}/staff/dismiss",
    subject="merchant_id",
    arguments=DismissArguments,
)
def dismiss(call: Call, arguments: DismissArguments) -> dict[str, Any]:
    """End somebody's work for the shop; for its owner or an operator."""
    remove_staff(merchant=_owned_merchant(call), person_id=arguments.person_id)
    return {"person_id": arguments.person_id}


@command("person.appoint_courier", path="/people/{person_id}/appoint-courier", subject="person_id")
def appoint_courier(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Let somebody deliver; for operators."""
    return _set_courier(call, is_courier=True)


@command("person.dismiss_courier", path="/people/{person_id}/dismiss-courier", subject="person_id")
def dismiss_courier(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Take the courier's role from somebody; for operators."""
    return _set_courier(call, is_courier=False)


@command("person.deactivate", path="/people/{person_id}/deactivate", subject="person_id")
def deactivate(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Shut somebody out: no log-in, no token, no socket; for operators."""
    if not call.person.is_operator:
        raise NotAllowed
    if call.subject_id is None:
        raise NotFound
    person = deactivate_person(person_id=call.subject_id, now=call.now)
    return {"person_id": person.pk, "is_active": person.is_active}


def _set_courier(call: Call, *, is_courier: bool) -> dict[str, Any]:
    if not call.person.is_operator:
        raise NotAllowed
    if call.subject_id is None:
        raise NotFound
    person = set_courier(person_id=call.subject_id, is_courier=is_courier)
    return {"person_id": person.pk, "is_courier": person.is_courier}


def _owned_merchant(call: Call) -> Merchant:
    """Return the shop if the caller may choose who works there."""
    if call.subject_id is None:
        raise NotFound
    merchant = access_merchant(call.person, call.subject_id)
    owns = Membership.objects.filter(merchant=merchant, person=call.person, is_owner=True).exists()
    if not owns and not call.person.is_operator:
        raise NotAllowed
    return merchant
