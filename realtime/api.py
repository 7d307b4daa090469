"""HTTP side of the hub: tickets, share links, and what those tell who have no socket."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Body, Path, Router, Schema
from pydantic import ConfigDict, Field

from core.api.authentication import SessionAuth, TokenAuth
from core.api.moments import ApiRequest
from core.api.problems import Unauthenticated
from core.errors import NotAllowed
from core.gate.registry import Arguments
from core.orders.access import access_order
from core.people.models import Person
from realtime.protocol import StreamHealth
from realtime.shares import issue_share, page_url, read_share
from realtime.streaming.health import pass_on
from realtime.streaming.receipts import Noted, Receipts, take_receipts
from realtime.tickets import TICKET_SECONDS, issue_guest_ticket, issue_ticket


router = Router(tags=["realtime"])


class Ticket(Schema):
    """A ticket, and how many seconds it can be used to connect."""

    ticket: str
    expires_in: int


class TicketArguments(Arguments):
    """Whose ticket: the caller's, unless a share link is given."""

    share: str | None = Field(default=None, max_length=256)


class Share(Schema):
    """A link to one order, for anybody, until it expires; `url` is its page."""

    token: str
    expires_at: datetime
    url: str


@router.post(
    "/realtime/ticket",
    response=Ticket,
    auth=None,
    openapi_extra={"security": [{"TokenAuth": []}, {"SessionAuth": []}, {}]},
)
def create_ticket(
    request: ApiRequest, arguments: Annotated[TicketArguments, Body(TicketArguments())]
) -> Ticket:
    """Issue a ticket for one connection to `/ws/v1` or `/api/v1/stream`.

    With `share`, the token of a share link, it is a guest's, and nobody needs to be logged in: a
    guest may watch that one order and do nothing.
    """
    if arguments.share is not None:
        ticket = issue_guest_ticket(read_share(arguments.share, now=request.moment))
    else:
        ticket = issue_ticket(_caller(request))
    return Ticket(ticket=ticket, expires_in=TICKET_SECONDS)


class ShareLink(Schema):
    """The token of a share link."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=256)


class Watched(Schema):
    """What a share link lets its holder watch, and until when."""

    order_id: UUID
    expires_at: datetime


@router.post(
    "/shares/read",
    response=Watched,
    auth=None,
    operation_id="read_share",
    summary="What a share link leads to.",
)
def read_share_link(request: ApiRequest, link: Annotated[ShareLink, Body(...)]) -> Watched:
    """Say which order a share link leads to; nobody needs to be logged in.

    Its topic, `order:<id>`, is open to the guest whose ticket was made with the same token.
    """
    guest = read_share(link.token, now=request.moment)
    return Watched(order_id=guest.order_id, expires_at=guest.ends_at)


@router.post("/orders/{uuid:order_id}/share", response=Share)
def share_order(request: ApiRequest, order_id: Annotated[UUID, Path(...)]) -> Share:
    """Make a link with which anybody may watch your order until it expires."""
    order, _role = access_order(request.auth, order_id)
    if order.customer_id != request.auth.pk:
        raise NotAllowed
    token, expires_at = issue_share(order, now=request.moment)
    return Share(token=token, expires_at=expires_at, url=page_url(token))


@router.post("/stream/receipts", response=Noted)
def stream_receipts(request: ApiRequest, receipts: Annotated[Receipts, Body(...)]) -> Noted:
    """Take what devices tell back that follow `/api/v1/stream` and have no socket.

    An `ack` stands for the critical events among the last 256 of its topic up to `seq`.
    """
    return take_receipts(request.auth, receipts, now=request.moment)


class Heard(Schema):
    """What was told has been passed on to whichever process has the stream."""

    conn: UUID


@router.post("/stream/health", response=Heard)
def stream_health(request: ApiRequest, health: Annotated[StreamHealth, Body(...)]) -> Heard:
    """Take how a board or a courier's device is doing that follows `/api/v1/stream`.

    It answers a `ping` of the stream with this at once, as `pong` does on a socket. Of a stream
    that has ended, or is somebody else's, nothing is kept.
    """
    pass_on(request.auth, health)
    return Heard(conn=health.conn)


def _caller(request: ApiRequest) -> Person:
    person = TokenAuth()(request) or SessionAuth()(request)
    if person is None:
        raise Unauthenticated
    return person
