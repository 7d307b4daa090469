"""Tickets: a signed name, good for one minute, that opens a socket without a cookie."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core import signing

from core.people.models import Person
from core.shared_time import shared_time
from realtime.visitors import Guest


TICKET_SECONDS: Final = 60
"""Of the time that all nodes share, whatever their own clocks and the business clock do."""
EARLY_SECONDS: Final = 5
"""How far ahead another node may seem: each knows the shared time as well as it can be asked."""

SIGNER: Final = signing.Signer(salt="realtime.ticket")


def issue_ticket(person: Person) -> str:
    """Sign a ticket for `person`."""
    return _signed(person=str(person.pk))


def issue_guest_ticket(guest: Guest) -> str:
    """Sign a ticket for whoever holds a share link."""
    return _signed(order=str(guest.order_id), until=guest.ends_at.isoformat())


def read_ticket(ticket: str) -> UUID | Guest | None:
    """Id of the person, or the guest, that the ticket is of; None when forged or too old."""
    try:
        told = SIGNER.unsign_object(ticket)
        owner, issued_at = _owner(told), float(told["at"])
    except (signing.BadSignature, LookupError, TypeError, ValueError):
        return None
    return owner if -EARLY_SECONDS <= shared_time.now() - issued_at <= TICKET_SECONDS else None


def _signed(**owner: str) -> str:
    return SIGNER.sign_object({**owner, "at": round(shared_time.now(), 3)})


def _owner(told: dict[str, Any]) -> UUID | Guest:
    if "order" in told:
        return Guest(UUID(told["order"]), datetime.fromisoformat(told["until"]))
    return UUID(told["person"])
