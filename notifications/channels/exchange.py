"""One HTTP exchange with a vendor: what it answered, or whether it may have heard us at all."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from notifications.channels.result import Outcome, SendResult
from notifications.channels.sms_provider import SmsMessage


OK_BELOW = 300
SERVER_ERROR = 500
AT_ONCE = 8
"""Queries that run at the same time: they are in no hurry."""

# A kept connection may be closed just as we write, which would make the outcome unknown for no
# reason; one handshake a message is the cheaper evil.
CLOSE = {"Connection": "close"}


class Part(BaseModel):
    """What we read of a vendor's JSON; what it adds some day is no reason to fail."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


PartT = TypeVar("PartT", bound=Part)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a vendor answered."""

    status: int
    body: bytes
    retry_after: str | None = None

    def read(self, model: type[PartT]) -> PartT:
        """Return the body as ``model``; as its defaults when it is something else."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError:
            return model()


class NoReplyError(Exception):
    """Nothing was answered; ``result`` tells whether the request may have been heard."""

    def __init__(self, result: SendResult) -> None:
        super().__init__(result.code)
        self.result = result


class Exchange:
    """Sends requests over a shared session, within a time limit."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        timeout_seconds: float,
        keeps_connections: bool = False,
    ) -> None:
        """Wait ``timeout_seconds`` for the connection, and again for the answer.

        Connections are kept only where a repeat does no harm.
        """
        self._session = session
        self._more = {} if keeps_connections else CLOSE
        # Connecting has a limit of its own: only before it ends is the message surely not sent.
        self._timeout = aiohttp.ClientTimeout(
            total=2 * timeout_seconds, connect=timeout_seconds, sock_read=timeout_seconds
        )

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> Reply:
        """Return the answer, whatever its status.

        :raises NoReplyError: there was none.
        """
        try:
            async with self._session.request(
                method,
                url,
                data=body,
                headers={**headers, **self._more},
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                read = await response.read()
                return Reply(response.status, read, response.headers.get("Retry-After"))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NoReplyError(SendResult(Outcome.RETRY, "connection_refused")) from error
        except TimeoutError as error:
            raise NoReplyError(SendResult(Outcome.UNKNOWN, "timeout")) from error
        except (aiohttp.ClientError, OSError) as error:
            raise NoReplyError(SendResult(Outcome.UNKNOWN, "connection_lost")) from error


async def send_each(
    send: Callable[[SmsMessage], Awaitable[SendResult]], batch: Sequence[SmsMessage]
) -> list[SendResult]:
    """Send every message at the same time; results stand in the order of ``batch``."""

    async def one(message: SmsMessage) -> SendResult:
        try:
            return await send(message)
        except NoReplyError as silence:
            return silence.result

    return list(await asyncio.gather(*(one(message) for message in batch)))


Asked = TypeVar("Asked")
Told = TypeVar("Told")


async def ask_each(
    ask: Callable[[Asked], Awaitable[Sequence[Told]]], asked: Sequence[Asked]
) -> list[Told]:
    """Ask about each, a few at a time; those without an answer are left out."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(each: Asked) -> Sequence[Told]:
        async with room:
            try:
                return await ask(each)
            except NoReplyError:
                return ()

    return [told for answer in await asyncio.gather(*map(one, asked)) for told in answer]
