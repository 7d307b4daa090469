"""Tickets: a signed name, good for one minute, that opens a socket without a cookie."""

from typing import Final
from uuid import UUID

from django.core import signing

from core.people.models import Person


TICKET_SECONDS: Final = 60
"""Real time, whatever the business clock does."""
SALT: Final = "realtime.ticket"


def issue_ticket(person: Person) -> str:
    """Sign a ticket for `person`."""
    return signing.dumps(str(person.pk), salt=SALT)


def read_ticket(ticket: str) -> UUID | None:
    """Return the id of the person the ticket was issued to; None when forged or too old."""
    try:
        return UUID(signing.loads(ticket, salt=SALT, max_age=TICKET_SECONDS))
    except (signing.BadSignature, ValueError):
        return None
