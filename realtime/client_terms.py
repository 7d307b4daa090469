"""What surrounds a client: where its tickets come from, how it waits, how it is told no."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import aiohttp

from realtime.codes import CLOSES
from realtime.protocol import Err, Welcome


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds between attempts to come back: full jitter, growing with each failure."""

    least: float = 0.5
    most: float = 20.0

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        ceiling = self.least * 2.0 ** (failures + 1)
        return random.SystemRandom().uniform(self.least, min(self.most, ceiling))


def http_ticket(base_url: str, token: str) -> TicketSource:
    """Fetch tickets over HTTP with a bearer token."""

    async def fetch() -> str:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(headers=headers, raise_for_status=True) as session,
            session.post(f"{base_url}/api/v1/realtime/ticket") as response,
        ):
            return str((await response.json())["ticket"])

    return fetch


def refresh_after(welcome: Welcome) -> float:
    """Seconds after which to renew the lease: a minute before its end, or half of a short one."""
    return max(welcome.lease_s - REFRESH_SECONDS, welcome.lease_s / 2)


def is_final(code: int | None) -> bool:
    """Whether a client closed with `code` must not come back."""
    return code is not None and code in CLOSES and not CLOSES[code].retry
