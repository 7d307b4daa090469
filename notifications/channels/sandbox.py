"""Sends texts and calls through the sandbox's own vendor."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

import aiohttp
from pydantic import ValidationError

from notifications.channels.exchange import OK_BELOW, Exchange, Part, Reply, ask_each, send_each
from notifications.channels.result import Outcome, SendResult, parse_retry_after
from notifications.channels.signature import verify_signature
from notifications.channels.sms_provider import (
    Account,
    ReceiptInvalidError,
    ReceiptRequest,
    ReceiptStatus,
    SmsMessage,
    SmsReceipt,
    Unconfirmed,
)


# Statuses by which the vendor says in writing that it has not taken the message. Any other
# failure may have happened after it did.
NOT_TAKEN: Final[Mapping[int, Outcome]] = {
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


class _Answer(Part):
    """The vendor's JSON: an id when it took the message, a code when not."""

    message_id: str | None = None
    code: str | None = None


class _Receipt(Part):
    event_id: str
    message_id: str
    out_id: str
    to: str
    status: ReceiptStatus
    occurred_at: datetime

    def receipt(self) -> SmsReceipt:
        return SmsReceipt(
            event_id=self.event_id,
            provider_id=self.message_id,
            out_id=self.out_id,
            to=self.to,
            status=self.status,
            occurred_at=self.occurred_at,
        )


class _Found(Part):
    messages: tuple[_Receipt, ...] = ()


class SandboxSms:
    """The adapter for the sandbox's SMS vendor, which takes one message a request."""

    path: ClassVar[str] = "/sms/messages"
    taken_answer: ClassVar[Mapping[str, object]] = {"taken": True}

    def __init__(
        self, account: Account, *, session: aiohttp.ClientSession, timeout_seconds: float
    ) -> None:
        self._url = account.url.rstrip("/") + self.path
        self._headers = {
            "Authorization": f"Bearer {account.secret}",
            "Content-Type": "application/json",
        }
        self._exchange = Exchange(session, timeout_seconds=timeout_seconds)

    async def send(self, batch: Sequence[SmsMessage]) -> list[SendResult]:
        """Send every message at the same time; results stand in the order of ``batch``."""
        return await send_each(self._send, batch)

    async def ask(self, unconfirmed: Sequence[Unconfirmed]) -> list[SmsReceipt]:
        """Ask for each message by our own id."""
        return await ask_each(self._ask, unconfirmed)

    @staticmethod
    def parse_receipts(request: ReceiptRequest, account: Account) -> list[SmsReceipt]:
        """Return the receipt in a callback.

        :raises notifications.channels.signature.SignatureRefusedError: not from the vendor.
        :raises ReceiptInvalidError: from the vendor, yet unreadable.
        """
        verify_signature(request.headers, request.body, secret=account.secret, now=request.now)
        try:
            return [_Receipt.model_validate_json(request.body).receipt()]
        except ValidationError as error:
            raise ReceiptInvalidError from error

    async def _send(self, message: SmsMessage) -> SendResult:
        content = {
            "to": message.to,
            "template": message.template,
            "variables": dict(message.variables),
            "out_id": message.out_id,
        }
        body = json.dumps(content).encode()
        return _read(
            await self._exchange.call("POST", self._url, headers=self._headers, body=body)
        )

    async def _ask(self, asked: Unconfirmed) -> list[SmsReceipt]:
        url = f"{self._url}?out_id={asked.out_id}"
        reply = await self._exchange.call("GET", url, headers=self._headers)
        return [found.receipt() for found in reply.read(_Found).messages]


class SandboxCalls(SandboxSms):
    """The sandbox's voice vendor: the same shape, and a phone that rings."""

    path = "/voice/calls"


def _read(reply: Reply) -> SendResult:
    answer = reply.read(_Answer)
    code = answer.code or f"http_{reply.status}"
    if reply.status < OK_BELOW and answer.message_id is not None:
        return SendResult(Outcome.SENT, code, provider_id=answer.message_id)
    outcome = NOT_TAKEN.get(reply.status, Outcome.UNKNOWN)
    wait_seconds = None
    if outcome is Outcome.RETRY:
        wait_seconds = parse_retry_after(reply.retry_after, now=time.time())
    return SendResult(outcome, code, retry_after_seconds=wait_seconds)
