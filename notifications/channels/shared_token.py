"""Keeps an access token for every sender of the process, and fetches a new one once for all."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from notifications.channels.exchange import NoReplyError
from notifications.channels.result import Outcome, SendResult


RENEW_BEFORE_SECONDS: Final = 300.0
INTERRUPTED: Final = "token_interrupted"
REFUSED: Final = "token_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """What a vendor gave, and until when (UNIX time) it says that it takes it."""

    value: str
    expires_at: float


class SharedToken:
    """One vendor's token; senders run in several threads, each with a loop of its own."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        # Vendors compare with real time, so a faster business clock must not reach it.
        self._clock = clock
        self._lock = threading.Lock()
        self._token: AccessToken | None = None
        self._fetched_at = 0.0
        self._flight: Future[AccessToken] | None = None

    async def get(
        self,
        fetch: Callable[[], Awaitable[AccessToken]],
        *,
        refused: str = "",
        youngest_seconds: float = 0.0,
    ) -> str:
        """Return the token, fetched when there is none, it ends soon, or it is the `refused` one.

        Whoever comes while it is fetched waits for that, and fails with it. A refused one is
        replaced only if it was fetched at least `youngest_seconds` ago.

        :raises NoReplyError: the vendor gave none, or refused one that is too young.
        """
        with self._lock:
            token = self._token
            if token is not None and token.value != refused and self._is_fresh(token):
                return token.value
            is_young = self._clock() - self._fetched_at < youngest_seconds
            if token is not None and token.value == refused and is_young:
                raise NoReplyError(SendResult(Outcome.UNAUTHORISED, REFUSED))
            flight, leads = self._flight, self._flight is None
            if flight is None:
                flight = self._flight = Future()
        if leads:
            return (await self._lead(flight, fetch)).value
        # Shielded, as giving up would otherwise cancel it for all.
        return (await asyncio.shield(asyncio.wrap_future(flight))).value

    def _is_fresh(self, token: AccessToken) -> bool:
        return token.expires_at - RENEW_BEFORE_SECONDS > self._clock()

    async def _lead(
        self, flight: Future[AccessToken], fetch: Callable[[], Awaitable[AccessToken]]
    ) -> AccessToken:
        try:
            token = await fetch()
        except BaseException as error:
            self._land(None)
            ended = NoReplyError(SendResult(Outcome.RETRY, INTERRUPTED))
            flight.set_exception(error if isinstance(error, Exception) else ended)
            raise
        self._land(token)
        flight.set_result(token)
        return token

    def _land(self, token: AccessToken | None) -> None:
        with self._lock:
            self._flight = None
            if token is not None:
                self._token, self._fetched_at = token, self._clock()
