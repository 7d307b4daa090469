"""Calls the product back with signed facts until it answers 2xx, a bounded number of times."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from notifications.sandbox.ledger import Ledger
from notifications.sandbox.signature import sign


ATTEMPT_LIMIT = 10
BACKOFF_LIMIT_SECONDS = 30.0
PENDING_LIMIT = 10_000
ANSWER_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A callback in another vendor's form, signed as that vendor signs."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Callback:
    """One fact to be told to one URL."""

    url: str
    content: Mapping[str, object]
    ledger: Ledger
    delay_seconds: float = 0.0
    is_forged: bool = False  # signed with a secret that the receiver does not know
    wire: Wire | None = None  # absent: JSON with our own signature


class CallbackSender:
    """Delivers callbacks at least once while the sandbox lives."""

    def __init__(self, *, secret: str, backoff_seconds: float) -> None:
        """Sign with ``secret``; wait ``backoff_seconds``, doubled each time, between attempts."""
        self._secret = secret
        self._backoff_seconds = backoff_seconds
        self._pending: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def lifetime(self, _app: web.Application) -> AsyncIterator[None]:
        """Hold the HTTP session while the application runs; drop what is pending at its end."""
        async with aiohttp.ClientSession(timeout=ANSWER_TIMEOUT) as session:
            self._session = session
            yield
            for task in self._pending:
                task.cancel()
            await asyncio.gather(*self._pending, return_exceptions=True)

    def schedule(self, callback: Callback) -> None:
        """Begin delivering ``callback`` without waiting for it."""
        if len(self._pending) >= PENDING_LIMIT:
            callback.ledger.record(at=time.time(), callback_url=callback.url, error="overflow")
            return
        task = asyncio.get_running_loop().create_task(self._deliver(callback))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _deliver(self, callback: Callback) -> None:
        await asyncio.sleep(callback.delay_seconds)
        for attempt in range(1, ATTEMPT_LIMIT + 1):
            if await self._attempt(callback, attempt):
                return
            backoff_seconds = self._backoff_seconds * 2 ** (attempt - 1)
            await asyncio.sleep(min(backoff_seconds, BACKOFF_LIMIT_SECONDS))

    async def _attempt(self, callback: Callback, attempt: int) -> bool:
        assert self._session is not None  # noqa: S101  # scheduled only while the app runs
        wire = callback.wire or self._own_form(callback)
        status, error = None, None
        try:
            async with self._session.post(
                callback.url, data=wire.body, headers=wire.headers, allow_redirects=False
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as failure:
            error = type(failure).__name__
        callback.ledger.record(
            at=time.time(),
            callback_url=callback.url,
            content=callback.content,
            attempt=attempt,
            status=status,
            error=error,
            forged=callback.is_forged,
        )
        return status is not None and 200 <= status < 300  # noqa: PLR2004

    def _own_form(self, callback: Callback) -> Wire:
        body = json.dumps(callback.content).encode()
        secret = secrets.token_hex() if callback.is_forged else self._secret
        headers = sign(secret=secret, timestamp=int(time.time()), body=body)
        return Wire(body=body, headers={**headers, "Content-Type": "application/json"})
