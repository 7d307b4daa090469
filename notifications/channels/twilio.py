"""Sends texts through Twilio: Messages.json of 2010-04-01, with basic authentication.

Not idempotent: the vendor offers no key. Our id travels in the query of `StatusCallback`, which it
signs and calls whatever became of the answer.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from string import Template
from typing import ClassVar, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import aiohttp

from notifications.channels.exchange import OK_BELOW, Exchange, Part, Reply, ask_each, send_each
from notifications.channels.result import Outcome, SendResult, parse_retry_after
from notifications.channels.signature import SignatureRefusedError
from notifications.channels.sms_provider import (
    Account,
    ReceiptInvalidError,
    ReceiptRequest,
    ReceiptStatus,
    SmsMessage,
    SmsReceipt,
    Unconfirmed,
)


VERSION: Final = "2010-04-01"
SERVICE_PREFIX: Final = "MG"
SIGNATURE_HEADER: Final = "x-twilio-signature"
OUT_ID: Final = "out_id"
NOT_TAKEN: Final[Mapping[int, Outcome]] = {
    400: Outcome.REFUSED,
    401: Outcome.UNAUTHORISED,
    403: Outcome.UNAUTHORISED,
    404: Outcome.REFUSED,
    429: Outcome.RETRY,
}
STATUSES: Final[Mapping[str, ReceiptStatus]] = {
    "accepted": ReceiptStatus.TAKEN,
    "queued": ReceiptStatus.TAKEN,
    "sending": ReceiptStatus.TAKEN,
    "sent": ReceiptStatus.TAKEN,
    "delivered": ReceiptStatus.DELIVERED,
    "read": ReceiptStatus.DELIVERED,
    "undelivered": ReceiptStatus.FAILED,
    "failed": ReceiptStatus.FAILED,
    "canceled": ReceiptStatus.FAILED,
}


class _Message(Part):
    sid: str = ""
    status: str | int = ""
    code: int | None = None
    to: str = ""


class TwilioSms:
    """One message a request, which is the only way the vendor has."""

    taken_answer: ClassVar[Mapping[str, object]] = {}

    def __init__(
        self, account: Account, *, session: aiohttp.ClientSession, timeout_seconds: float
    ) -> None:
        self._account = account
        self._base = f"{account.url.rstrip('/')}/{VERSION}/Accounts/{account.key}/Messages"
        self._authorization = {
            "Authorization": aiohttp.encode_basic_auth(account.key, account.secret)
        }
        self._exchange = Exchange(session, timeout_seconds=timeout_seconds)

    async def send(self, batch: Sequence[SmsMessage]) -> list[SendResult]:
        """Send every message at the same time; results stand in the order of ``batch``."""
        return await send_each(self._send, batch)

    async def ask(self, unconfirmed: Sequence[Unconfirmed]) -> list[SmsReceipt]:
        """Fetch each message by the vendor's id; without one only its callback tells."""
        return await ask_each(self._ask, [each for each in unconfirmed if each.provider_id])

    @staticmethod
    def parse_receipts(request: ReceiptRequest, account: Account) -> list[SmsReceipt]:
        """Return the status in a callback.

        :raises SignatureRefusedError: not signed with our token.
        :raises ReceiptInvalidError: it does not say which message it is about.
        """
        fields = parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)
        lower = {name.lower(): value for name, value in request.headers.items()}
        expected = signature(request.url, fields, secret=account.secret)
        if not hmac.compare_digest(expected.encode(), lower.get(SIGNATURE_HEADER, "").encode()):
            raise SignatureRefusedError
        values = dict(fields)
        status = STATUSES.get(values.get("MessageStatus", ""))
        if "MessageSid" not in values or "MessageStatus" not in values:
            raise ReceiptInvalidError
        out_id = parse_qs(urlsplit(request.url).query).get(OUT_ID, [""])[0]
        moment = datetime.fromtimestamp(request.now, UTC)
        receipt = _receipt(values["MessageSid"], status, out_id, values.get("To", ""), moment)
        return [receipt] if receipt else []

    async def _send(self, message: SmsMessage) -> SendResult:
        fields = {"To": message.to, **self._sender(), **_words(message)}
        if self._account.receipt_url:
            query = urlencode({OUT_ID: message.out_id})
            fields["StatusCallback"] = f"{self._account.receipt_url}?{query}"
        headers = {**self._authorization, "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields).encode()
        return _result(
            await self._exchange.call("POST", f"{self._base}.json", headers=headers, body=body)
        )

    def _sender(self) -> dict[str, str]:
        is_service = self._account.sender.startswith(SERVICE_PREFIX)
        return {"MessagingServiceSid" if is_service else "From": self._account.sender}

    async def _ask(self, asked: Unconfirmed) -> list[SmsReceipt]:
        url = f"{self._base}/{asked.provider_id}.json"
        reply = await self._exchange.call("GET", url, headers=self._authorization)
        found = reply.read(_Message)
        if reply.status >= OK_BELOW or not found.sid:
            return []
        status = STATUSES.get(str(found.status))
        receipt = _receipt(found.sid, status, asked.out_id, asked.to, datetime.now(UTC))
        return [receipt] if receipt else []


def signature(url: str, fields: Sequence[tuple[str, str]], *, secret: str) -> str:
    """Return what the vendor writes into `X-Twilio-Signature` for a form posted to ``url``."""
    signed = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    return base64.b64encode(
        hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest()
    ).decode()


def _words(message: SmsMessage) -> dict[str, str]:
    approved = message.approved
    if approved.code:
        values = {name: message.variables.get(name, "") for name in approved.variables}
        return {"ContentSid": approved.code, "ContentVariables": json.dumps(values)}
    return {"Body": Template(approved.text).safe_substitute(message.variables)}


def _receipt(
    sid: str, status: ReceiptStatus | None, out_id: str, to: str, moment: datetime
) -> SmsReceipt | None:
    if status is None:
        return None
    return SmsReceipt(
        event_id=f"{sid}:{status}",
        provider_id=sid,
        out_id=out_id,
        to=to,
        status=status,
        occurred_at=moment,
    )


def _result(reply: Reply) -> SendResult:
    answer = reply.read(_Message)
    if reply.status < OK_BELOW and answer.sid:
        return SendResult(Outcome.SENT, str(answer.status), provider_id=answer.sid)
    outcome = NOT_TAKEN.get(reply.status, Outcome.UNKNOWN)
    wait_seconds = None
    if outcome is Outcome.RETRY:
        wait_seconds = parse_retry_after(reply.retry_after, now=time.time())
    code = str(answer.code) if answer.code else f"http_{reply.status}"
    return SendResult(outcome, code, retry_after_seconds=wait_seconds)
