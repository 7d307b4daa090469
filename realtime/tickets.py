"""Tickets: a signed name, good for one minute, that opens a socket without a cookie."""

import time
from typing import Final
from uuid import UUID

from django.core import signing

from core.people.models import Person


TICKET_SECONDS: Final = 60
"""Real time, whatever the business clock does."""
SKEW_SECONDS: Final = 120
"""How much the clocks of two web nodes may differ: a ticket of one opens the other."""
SALT: Final = "realtime.ticket"


def issue_ticket(person: Person) -> str:
    """Sign a ticket for `person`."""
    return signing.dumps(str(person.pk), salt=SALT)


def read_ticket(ticket: str) -> UUID | None:
    """Return the id of the person the ticket was issued to; None when forged or too old.

    A node that is late issues tickets that look old, one that is early tickets from the future;
    both are taken as far as clocks may differ.
    """
    try:
        person_id = UUID(signing.loads(ticket, salt=SALT, max_age=TICKET_SECONDS + SKEW_SECONDS))
    except (signing.BadSignature, ValueError):
        return None
    issued_at = signing.b62_decode(ticket.rsplit(":", 2)[1])
    return person_id if issued_at <= time.time() + SKEW_SECONDS else None
