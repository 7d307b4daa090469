"""Sends texts through Tencent Cloud: SendSms of 2021-01-11, signed TC3-HMAC-SHA256.

`SessionContext` carries our id; it comes back when statuses are pulled. A pushed status names only
the vendor's own number, so a text whose answer was lost is settled by the pull.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final
from urllib.parse import urlsplit

import aiohttp
from pydantic import Field, TypeAdapter, ValidationError

from notifications.channels.exchange import (
    SERVER_ERROR,
    Exchange,
    NoReplyError,
    Part,
    Reply,
    send_each,
)
from notifications.channels.result import Outcome, SendResult
from notifications.channels.sms_provider import (
    Account,
    ReceiptInvalidError,
    ReceiptRequest,
    ReceiptStatus,
    SmsMessage,
    SmsReceipt,
    Unconfirmed,
)
from notifications.channels.tokens import china_moment, verify_token


VERSION: Final = "2021-01-11"
ALGORITHM: Final = "TC3-HMAC-SHA256"
SERVICE: Final = "sms"
SIGNED: Final = "content-type;host"
JSON: Final = "application/json"
PULL_LIMIT: Final = 100
PULLS_AT_ONCE: Final = 5
STATUSES: Final = {"SUCCESS": ReceiptStatus.DELIVERED, "FAIL": ReceiptStatus.FAILED}

# By the beginning of the code, the first that fits; all are refusals before anything was sent.
OUTCOMES: Final[tuple[tuple[str, Outcome, float | None], ...]] = (
    ("LimitExceeded.PhoneNumberThirtySecondLimit", Outcome.RETRY, 30.0),
    ("LimitExceeded.PhoneNumberOneHourLimit", Outcome.RETRY, 3600.0),
    ("LimitExceeded.DeliveryFrequencyLimit", Outcome.RETRY, 60.0),
    ("LimitExceeded", Outcome.REFUSED, None),
    ("RequestLimitExceeded", Outcome.RETRY, None),
    ("AuthFailure", Outcome.UNAUTHORISED, None),
    ("UnauthorizedOperation", Outcome.UNAUTHORISED, None),
    ("FailedOperation.InsufficientBalance", Outcome.UNAUTHORISED, None),
    ("FailedOperation", Outcome.REFUSED, None),
    ("InvalidParameter", Outcome.REFUSED, None),
    ("MissingParameter", Outcome.REFUSED, None),
    ("UnsupportedOperation", Outcome.REFUSED, None),
)


class _Error(Part):
    code: str = Field(default="", alias="Code")


class _Sent(Part):
    code: str = Field(default="", alias="Code")
    serial: str = Field(default="", alias="SerialNo")


class _Status(Part):
    serial: str = Field(default="", alias="SerialNo")
    out_id: str = Field(default="", alias="SessionContext")
    to: str = Field(default="", alias="PhoneNumber")
    status: str = Field(default="", alias="ReportStatus")
    received_at: int = Field(default=0, alias="UserReceiveTime")


class _Response(Part):
    error: _Error = Field(default=_Error(), alias="Error")
    sent: tuple[_Sent, ...] = Field(default=(), alias="SendStatusSet")
    pulled: tuple[_Status, ...] = Field(default=(), alias="PullSmsSendStatusSet")


class _Answer(Part):
    response: _Response = Field(default=_Response(), alias="Response")


class _Report(Part):
    sid: str
    report_status: str
    nationcode: str = ""
    mobile: str = ""
    user_receive_time: str = ""


_REPORTS: Final = TypeAdapter(list[_Report])


class TencentSms:
    """One message a request, as each has words of its own."""

    taken_answer: ClassVar[Mapping[str, object]] = {"result": 0, "errmsg": "OK"}

    def __init__(
        self, account: Account, *, session: aiohttp.ClientSession, timeout_seconds: float
    ) -> None:
        self._account = account
        self._exchange = Exchange(session, timeout_seconds=timeout_seconds)

    async def send(self, batch: Sequence[SmsMessage]) -> list[SendResult]:
        """Send every message at the same time; results stand in the order of ``batch``."""
        return await send_each(self._send, batch)

    async def ask(self, unconfirmed: Sequence[Unconfirmed]) -> list[SmsReceipt]:
        """Pull what the vendor has queued for us, of these messages and of any other."""
        receipts: list[SmsReceipt] = []
        for _ in range(PULLS_AT_ONCE if unconfirmed else 0):
            content = {"Limit": PULL_LIMIT, "SmsSdkAppId": self._account.sender}
            try:
                reply = await self._call("PullSmsSendStatus", content)
            except NoReplyError:
                break
            pulled = reply.read(_Answer).response.pulled
            receipts += [_pulled(each) for each in pulled if each.status in STATUSES]
            if len(pulled) < PULL_LIMIT:
                break
        return receipts

    @staticmethod
    def parse_receipts(request: ReceiptRequest, account: Account) -> list[SmsReceipt]:
        """Return the receipts in a pushed JSON array; the vendor signs nothing.

        :raises notifications.channels.signature.SignatureRefusedError: not our secret address.
        :raises ReceiptInvalidError: unreadable.
        """
        verify_token(request, account)
        try:
            reports = _REPORTS.validate_json(request.body)
        except ValidationError as error:
            raise ReceiptInvalidError from error
        return [
            SmsReceipt(
                event_id=f"{each.sid}:{each.report_status}",
                provider_id=each.sid,
                out_id="",
                to=f"+{each.nationcode}{each.mobile}",
                status=STATUSES[each.report_status],
                occurred_at=china_moment(each.user_receive_time, now=request.now),
            )
            for each in reports
            if each.report_status in STATUSES
        ]

    async def _send(self, message: SmsMessage) -> SendResult:
        content = {
            "PhoneNumberSet": [message.to],
            "SmsSdkAppId": self._account.sender,
            "SignName": message.approved.sign,
            "TemplateId": message.approved.code,
            "TemplateParamSet": [message.variables.get(n, "") for n in message.approved.variables],
            "SessionContext": message.out_id,
        }
        return _result(await self._call("SendSms", content))

    async def _call(self, action: str, content: Mapping[str, object]) -> Reply:
        body = json.dumps(content).encode()
        headers = signed(self._account, action, body, timestamp=int(time.time()))
        return await self._exchange.call("POST", self._account.url, headers=headers, body=body)


def signed(account: Account, action: str, body: bytes, *, timestamp: int) -> dict[str, str]:
    """Return the headers that sign ``body`` at ``timestamp``."""
    target = urlsplit(account.url)
    day = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{SERVICE}/tc3_request"
    listed = f"content-type:{JSON}\nhost:{target.netloc}\n"
    request = f"POST\n{target.path or '/'}\n\n{listed}\n{SIGNED}\n{_hash(body)}"
    to_sign = f"{ALGORITHM}\n{timestamp}\n{scope}\n{_hash(request.encode())}"
    key = f"TC3{account.secret}".encode()
    for part in (day, SERVICE, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return {
        "Authorization": (
            f"{ALGORITHM} Credential={account.key}/{scope}, "
            f"SignedHeaders={SIGNED}, Signature={signature}"
        ),
        "Content-Type": JSON,
        "Host": target.netloc,
        "X-TC-Action": action,
        "X-TC-Version": VERSION,
        "X-TC-Region": account.region,
        "X-TC-Timestamp": str(timestamp),
    }


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _pulled(status: _Status) -> SmsReceipt:
    return SmsReceipt(
        event_id=f"{status.serial}:{status.status}",
        provider_id=status.serial,
        out_id=status.out_id,
        to=status.to,
        status=STATUSES[status.status],
        occurred_at=datetime.fromtimestamp(status.received_at, UTC),
    )


def _result(reply: Reply) -> SendResult:
    response = reply.read(_Answer).response
    sent = response.sent[0] if response.sent else _Sent()
    if sent.code == "Ok" and sent.serial:
        return SendResult(Outcome.SENT, sent.code, provider_id=sent.serial)
    code = response.error.code or sent.code
    known = ((outcome, wait) for start, outcome, wait in OUTCOMES if code.startswith(start))
    outcome, wait_seconds = next(known, (Outcome.UNKNOWN, None))
    if reply.status >= SERVER_ERROR:
        outcome, wait_seconds = Outcome.UNKNOWN, None
    return SendResult(outcome, code or f"http_{reply.status}", retry_after_seconds=wait_seconds)
