"""Sends text messages through the sandbox vendor, and finds a vendor's adapter by name."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import aiohttp
from pydantic import BaseModel, ValidationError

from notifications.channels.result import Outcome, SendResult, parse_retry_after
from notifications.channels.signature import verify_signature
from notifications.channels.sms_provider import (
    ReceiptInvalidError,
    ReceiptStatus,
    SmsMessage,
    SmsProvider,
    SmsReceipt,
)


__all__ = ["SMS_PROVIDERS", "SandboxSms", "SmsMessage", "SmsProvider", "SmsReceipt"]

# Statuses by which the vendor says in writing that it has not taken the message. Any other
# failure may have happened after it did.
NOT_TAKEN: Mapping[int, Outcome] = {
    400: Outcome.REFUSED,
    401: Outcome.UNAUTHORISED,
    403: Outcome.UNAUTHORISED,
    404: Outcome.REFUSED,
    410: Outcome.GONE,
    413: Outcome.TOO_LARGE,
    422: Outcome.REFUSED,
    429: Outcome.RETRY,
    503: Outcome.RETRY,
}


class _Answer(BaseModel):
    """The vendor's JSON: an id when it took the message, a code when not."""

    message_id: str | None = None
    code: str | None = None


class _Receipt(BaseModel):
    event_id: str
    message_id: str
    out_id: str
    to: str
    status: ReceiptStatus
    occurred_at: datetime


class SandboxSms:
    """The adapter for the sandbox's SMS vendor, which takes one message a request."""

    def __init__(
        self, *, url: str, key: str, session: aiohttp.ClientSession, timeout_seconds: float
    ) -> None:
        self._url = url.rstrip("/") + "/sms/messages"
        self._headers = {
            "Authorization": f"Bearer {key}",
            # A kept connection may be closed just as we write, which would make the outcome
            # unknown for no reason; one handshake a message is the cheaper evil.
            "Connection": "close",
        }
        self._session = session
        # Connecting has a limit of its own: only before it ends is the message surely not sent.
        self._timeout = aiohttp.ClientTimeout(
            total=2 * timeout_seconds, connect=timeout_seconds, sock_read=timeout_seconds
        )

    async def send(self, batch: Sequence[SmsMessage]) -> list[SendResult]:
        """Send every message at the same time; results stand in the order of ``batch``."""
        return list(await asyncio.gather(*(self._send(message) for message in batch)))

    @staticmethod
    def parse_receipt(headers: Mapping[str, str], body: bytes, secret: str) -> SmsReceipt:
        """Return the receipt in a callback.

        :raises notifications.channels.signature.SignatureRefusedError: not from the vendor.
        :raises ReceiptInvalidError: from the vendor, yet unreadable.
        """
        verify_signature(headers, body, secret=secret, now=time.time())
        try:
            receipt = _Receipt.model_validate_json(body)
        except ValidationError as error:
            raise ReceiptInvalidError from error
        return SmsReceipt(
            event_id=receipt.event_id,
            provider_id=receipt.message_id,
            out_id=receipt.out_id,
            to=receipt.to,
            status=receipt.status,
            occurred_at=receipt.occurred_at,
        )

    async def _send(self, message: SmsMessage) -> SendResult:
        content = {
            "to": message.to,
            "template": message.template,
            "variables": dict(message.variables),
            "out_id": message.out_id,
        }
        try:
            async with self._session.post(
                self._url,
                json=content,
                headers=self._headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                return await _read(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return SendResult(Outcome.RETRY, "connection_refused")
        except TimeoutError:
            return SendResult(Outcome.UNKNOWN, "timeout")
        except (aiohttp.ClientError, OSError):
            return SendResult(Outcome.UNKNOWN, "connection_lost")


async def _read(response: aiohttp.ClientResponse) -> SendResult:
    try:
        answer = _Answer.model_validate_json(await response.read())
    except ValidationError:
        answer = _Answer()
    code = answer.code or f"http_{response.status}"
    if response.status < 300 and answer.message_id is not None:  # noqa: PLR2004
        return SendResult(Outcome.SENT, code, provider_id=answer.message_id)
    outcome = NOT_TAKEN.get(response.status, Outcome.UNKNOWN)
    wait_seconds = None
    if outcome is Outcome.RETRY:
        wait_seconds = parse_retry_after(response.headers.get("Retry-After"), now=time.time())
    return SendResult(outcome, code, retry_after_seconds=wait_seconds)


class SmsProviderFactory(Protocol):
    """Builds an adapter from what the settings know."""

    def __call__(
        self, *, url: str, key: str, session: aiohttp.ClientSession, timeout_seconds: float
    ) -> SmsProvider:
        """Return an adapter that shares ``session``."""
        ...


SMS_PROVIDERS: Mapping[str, SmsProviderFactory] = {"sandbox": SandboxSms}
