"""Tickets: a signed name, good for one minute, that opens a socket without a cookie."""

import time
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core import signing

from core.people.models import Person
from realtime.visitors import Guest


TICKET_SECONDS: Final = 60
"""Real time, whatever the business clock does."""
SKEW_SECONDS: Final = 120
"""How much the clocks of two web nodes may differ: a ticket of one opens the other."""
SALT: Final = "realtime.ticket"


def issue_ticket(person: Person) -> str:
    """Sign a ticket for `person`."""
    return signing.dumps(str(person.pk), salt=SALT)


def issue_guest_ticket(guest: Guest) -> str:
    """Sign a ticket for whoever holds a share link."""
    return signing.dumps([str(guest.order_id), guest.ends_at.isoformat()], salt=SALT)


def read_ticket(ticket: str) -> UUID | Guest | None:
    """Id of the person, or the guest, that the ticket is of; None when forged or too old.

    A node that is late issues tickets that look old, one that is early tickets from the future;
    both are taken as far as clocks may differ.
    """
    try:
        found = signing.loads(ticket, salt=SALT, max_age=TICKET_SECONDS + SKEW_SECONDS)
        owner = _guest_of(*found) if isinstance(found, list) else UUID(found)
    except (signing.BadSignature, ValueError):
        return None
    issued_at = signing.b62_decode(ticket.rsplit(":", 2)[1])
    return owner if issued_at <= time.time() + SKEW_SECONDS else None


def _guest_of(order_id: str, ends_at: str) -> Guest:
    return Guest(UUID(order_id), datetime.fromisoformat(ends_at))
