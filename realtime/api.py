"""HTTP side of the sockets: where a client gets its ticket."""

from django.http import HttpRequest
from ninja import Router, Schema

from core.people.models import Person
from realtime.tickets import TICKET_SECONDS, issue_ticket


router = Router(tags=["realtime"])


class Ticket(Schema):
    """A ticket, and how many seconds it can be used to connect."""

    ticket: str
    expires_in: int


class AuthenticatedRequest(HttpRequest):
    """A request that passed the API's authentication."""

    auth: Person


@router.post("/realtime/ticket", response=Ticket)
def create_ticket(request: AuthenticatedRequest) -> Ticket:
    """Issue a ticket for one connection to `/ws/v1`."""
    return Ticket(ticket=issue_ticket(request.auth), expires_in=TICKET_SECONDS)
