"""A client's connection, one after another: opens, listens, notices silence, comes back.

It knows nothing of topics. Whoever uses it is told each frame, and each end; a connection that
has been silent for longer than the server's pings allow is cut and opened anew.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from realtime.client_terms import NoTicket, Patience, TicketSource, is_final, take_ticket
from realtime.codes import BAD_TICKET, CLOSES, OVERLOAD
from realtime.protocol import ClientFrame


log = structlog.get_logger(__name__)


class LinkBroken(Exception):
    """The connection ended without a close code, or never came about."""

    def __init__(self, why: str, *, retry_seconds: float | None = None) -> None:
        """Keep why, and when the server wants us back."""
        super().__init__(why)
        self.retry_seconds = retry_seconds


class Wire(Protocol):
    """One open connection."""

    @property
    def close_code(self) -> int | None:
        """Why it ended, once it has."""

    @property
    def close_reason(self) -> str | None:
        """What the server added to that."""

    async def send(self, frame: ClientFrame) -> None:
        """Send one frame; raises `LinkBroken` when the connection is gone."""

    async def receive(self) -> str | bytes | None:
        """Wait for a frame; None at the end."""

    async def leave(self) -> None:
        """Say good-bye."""

    async def cut(self) -> None:
        """Drop the connection at once."""


Opener = Callable[[str], Awaitable[Wire]]
"""Opens a connection and lets the server know the ticket; raises `LinkBroken`."""


class Ways(Protocol):
    """How connections come about."""

    async def open(self, ticket: str) -> Wire:
        """Open one, as an `Opener` does."""

    def ended(self, *, was_reached: bool) -> None:
        """Learn that it ended, and whether the server had been reached by it."""


class User(Protocol):
    """Whom a link works for."""

    async def take(self, text: str | bytes) -> None:
        """Take a frame."""

    def lose(self, code: int | None) -> None:
        """Learn that the connection ended; None when there was none."""


class Link:
    """Stays connected until the server closes for good."""

    def __init__(self, ways: Ways, ticket: TicketSource, patience: Patience) -> None:
        """Connect when told to `run`."""
        self.silence_seconds: float | None = None
        """How long a welcome connection may be silent; None until the server has said."""
        self.retry_seconds: float | None = None
        """When the server wants us back; it says so before it closes."""
        self.failures = 0
        """Attempts in a row that led to nothing; whoever is welcome sets it to 0."""
        self._ways = ways
        self._ticket = ticket
        self._patience = patience
        self._wire: Wire | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, welcome or not."""
        return self._wire is not None

    async def run(self, user: User) -> int | None:
        """Serve `user` over one connection after another; return the final close code."""
        while True:
            code = await self._once(user)
            self._ways.ended(was_reached=self._was_reached(code))
            self.silence_seconds = None
            user.lose(code)
            if is_final(code):
                return code
            pause = self._patience.pause(self.failures)
            if self.retry_seconds is not None:
                pause, self.retry_seconds = self.retry_seconds, None
            self.failures += 1
            await asyncio.sleep(pause)

    async def send(self, frame: ClientFrame) -> None:
        """Send a frame, if there is a connection to send it on."""
        if self._wire is None:
            return
        try:
            await self._wire.send(frame)
        except LinkBroken as error:
            log.debug("client.send_failed", error=str(error))

    async def leave(self) -> None:
        """Say good-bye."""
        if self._wire is not None:
            await self._wire.leave()

    async def cut(self) -> None:
        """Lose the connection, as a tunnel would."""
        if self._wire is not None:
            await self._wire.cut()

    async def take_ticket(self) -> str | None:
        """Return a ticket, if one can be had now.

        :raises NoTicket: there will be none.
        """
        return await take_ticket(self._ticket)

    async def _once(self, user: User) -> int | None:
        try:
            async with asyncio.timeout(self._patience.connect) as limit:
                ticket = await self.take_ticket()
                if ticket is None:
                    return None
                self._wire = await self._ways.open(ticket)
                return await self._listen(self._wire, user, limit)
        except TimeoutError:
            log.debug("client.silent")
        except NoTicket:
            return BAD_TICKET
        except LinkBroken as error:
            self.retry_seconds = error.retry_seconds
            log.debug("client.disconnected", error=str(error))
        finally:
            wire, self._wire = self._wire, None
            if wire is not None:
                await wire.cut()
        return wire.close_code if wire is not None else None

    def _was_reached(self, code: int | None) -> bool:
        """Whether the last attempt came to the server, be it to be sent away by it."""
        return self.silence_seconds is not None or code in CLOSES or self.retry_seconds is not None

    async def _listen(self, wire: Wire, user: User, limit: asyncio.Timeout) -> int | None:
        """Hand over every frame; the first ones must come in time, the others at all."""
        loop = asyncio.get_running_loop()
        while (text := await wire.receive()) is not None:
            await user.take(text)
            if self.silence_seconds is not None:
                limit.reschedule(loop.time() + self.silence_seconds)
        if wire.close_code == OVERLOAD:
            self.retry_seconds = retry_in(wire.close_reason) or self.retry_seconds
        return wire.close_code


def retry_in(reason: str | None) -> float | None:
    """Seconds named by a close reason that carries `retry_ms`, in whatever dress."""
    found = re.search(r"\d+", reason or "")
    return int(found[0]) / 1000 if found else None
