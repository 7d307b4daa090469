"""What surrounds a client: where its tickets come from, how it waits, how it is told no."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import structlog

from realtime.codes import CLOSES
from realtime.protocol import Err, Welcome


log = structlog.get_logger(__name__)

REFRESH_SECONDS: Final = 60.0
"""How long before its end a lease is renewed."""

TicketSource = Callable[[], Awaitable[str]]


class Refused(Exception):
    """The server said no; `code` is stable, `details` are the members that came with it."""

    def __init__(self, frame: Err) -> None:
        """Keep the frame's members."""
        super().__init__(frame.code)
        self.code = frame.code
        self.retryable = frame.retry
        self.details = frame.d


class Ended(Exception):
    """The server closed for good; `code` is one of `CLOSES`, None when we closed."""

    def __init__(self, code: int | None) -> None:
        """Keep the close code."""
        super().__init__(CLOSES[code].name if code is not None and code in CLOSES else "closed")
        self.code = code


IN_VAIN: Final = frozenset({401, 403, 404, 410})
"""Statuses of the ticket's address that will be the same the next time."""


class NoTicket(Exception):
    """There will be none: nobody is logged in, or the share link is wrong or has had its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a client waits; pauses between attempts grow with each failure, at random."""

    least: float = 0.5
    """Seconds of the shortest pause between two attempts to connect."""
    most: float = 20.0
    """Seconds of the longest one."""
    connect: float = 10.0
    """Seconds an attempt may take from the first packet to `welcome`."""
    answer: float = 10.0
    """Seconds after which an unanswered question is asked again on a living connection."""
    silent_pings: float = 2.25
    """Ping intervals without any frame after which a connection counts as lost."""

    sockets_first: int = 3
    """Sockets in a row that do not reach the server until a stream is tried, if it may be."""
    socket_again: float = 120.0
    """Seconds after which a socket is tried again beside a stream that works."""

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        ceiling = self.least * 2.0 ** min(failures + 1, 16)
        return random.SystemRandom().uniform(self.least, max(self.least, min(self.most, ceiling)))


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAccess:
    """Where the same server is reached without a socket, and as whom."""

    base_url: str
    token: str | None = None
    """A person's bearer token; a guest of a share link has none, and only watches."""

    @property
    def headers(self) -> dict[str, str]:
        """What tells who asks."""
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}


def http_ticket(base_url: str, token: str) -> TicketSource:
    """Fetch tickets over HTTP with a bearer token."""
    return _ticket_source(base_url, headers={"Authorization": f"Bearer {token}"})


def share_ticket(base_url: str, share_token: str) -> TicketSource:
    """Fetch a guest's tickets with the token of a share link: one order may be watched."""
    return _ticket_source(base_url, body={"share": share_token})


async def take_ticket(source: TicketSource) -> str | None:
    """Ask a ticket source; whatever else it fails with, it is asked again later.

    :raises NoTicket: asking again is in vain.
    """
    try:
        return await source()
    except NoTicket:
        raise
    except Exception as error:  # noqa: BLE001  its errors are the caller's own kinds
        log.warning("client.no_ticket", error=repr(error))
        return None


def refresh_after(welcome: Welcome) -> float:
    """Seconds after which to renew the lease: a minute before its end, or half of a short one."""
    return max(welcome.lease_s - REFRESH_SECONDS, welcome.lease_s / 2)


def is_final(code: int | None) -> bool:
    """Whether a client closed with `code` must not come back."""
    return code is not None and code in CLOSES and not CLOSES[code].retry


def _ticket_source(
    base_url: str, *, headers: dict[str, str] | None = None, body: dict[str, Any] | None = None
) -> TicketSource:
    async def fetch() -> str:
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{base_url}/api/v1/realtime/ticket", json=body) as response,
        ):
            if response.status in IN_VAIN:
                raise NoTicket
            response.raise_for_status()
            return str((await response.json())["ticket"])

    return fetch
