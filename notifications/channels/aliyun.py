"""Sends texts through Alibaba Cloud: SendSms of 2017-05-25, signed ACS3-HMAC-SHA256.

Not idempotent, in the vendor's own writing: `OutId` only comes back in receipts and queries.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final
from urllib.parse import quote, urlsplit

import aiohttp
from pydantic import Field, TypeAdapter, ValidationError

from notifications.channels.exchange import (
    SERVER_ERROR,
    Exchange,
    Part,
    Reply,
    ask_each,
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
from notifications.channels.tokens import CHINA_TIME, china_moment, verify_token


VERSION: Final = "2017-05-25"
ALGORITHM: Final = "ACS3-HMAC-SHA256"
EMPTY_BODY: Final = hashlib.sha256(b"").hexdigest()
CHINA: Final = "+86"
LIMITED_SECONDS: Final = 60.0

# By the beginning of the code, the first that fits; all are refusals before anything was sent.
OUTCOMES: Final[tuple[tuple[str, Outcome], ...]] = (
    ("isv.BUSINESS_LIMIT_CONTROL", Outcome.RETRY),
    ("Throttling", Outcome.RETRY),
    ("isv.ACCOUNT", Outcome.UNAUTHORISED),
    ("isv.AMOUNT_NOT_ENOUGH", Outcome.UNAUTHORISED),
    ("isv.OUT_OF_SERVICE", Outcome.UNAUTHORISED),
    ("isp.RAM_PERMISSION_DENY", Outcome.UNAUTHORISED),
    ("InvalidAccessKeyId", Outcome.UNAUTHORISED),
    ("SignatureDoesNotMatch", Outcome.UNAUTHORISED),
    ("IncompleteSignature", Outcome.UNAUTHORISED),
    ("InvalidTimeStamp", Outcome.UNAUTHORISED),
    ("isp.", Outcome.UNKNOWN),  # their own failures say nothing of the message
    ("isv.", Outcome.REFUSED),
    ("Missing", Outcome.REFUSED),
    ("Invalid", Outcome.REFUSED),
)
# SendStatus of QuerySendDetails.
QUERIED: Final[Mapping[int, ReceiptStatus]] = {
    1: ReceiptStatus.TAKEN,
    2: ReceiptStatus.FAILED,
    3: ReceiptStatus.DELIVERED,
}


class _Answer(Part):
    code: str = Field(default="", alias="Code")
    biz_id: str | None = Field(default=None, alias="BizId")


class _Detail(Part):
    out_id: str = Field(default="", alias="OutId")
    status: int = Field(default=0, alias="SendStatus")
    receive_date: str = Field(default="", alias="ReceiveDate")


class _Details(Part):
    details: tuple[_Detail, ...] = Field(default=(), alias="SmsSendDetailDTO")


class _Queried(Part):
    found: _Details = Field(default=_Details(), alias="SmsSendDetailDTOs")


class _Report(Part):
    phone_number: str
    success: bool
    report_time: str = ""
    biz_id: str = ""
    out_id: str = ""


_REPORTS: Final = TypeAdapter(list[_Report])


class AliyunSms:
    """One message a request, as each has words of its own."""

    taken_answer: ClassVar[Mapping[str, object]] = {"code": 0, "msg": "OK"}

    def __init__(
        self, account: Account, *, session: aiohttp.ClientSession, timeout_seconds: float
    ) -> None:
        self._account = account
        self._exchange = Exchange(session, timeout_seconds=timeout_seconds)

    async def send(self, batch: Sequence[SmsMessage]) -> list[SendResult]:
        """Send every message at the same time; results stand in the order of ``batch``."""
        return await send_each(self._send, batch)

    async def ask(self, unconfirmed: Sequence[Unconfirmed]) -> list[SmsReceipt]:
        """Query the number's texts of that day, and find ours by `OutId`."""
        return await ask_each(self._ask, unconfirmed)

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
                event_id=f"{each.biz_id}:{each.phone_number}",
                provider_id=each.biz_id,
                out_id=each.out_id,
                to=each.phone_number,
                status=ReceiptStatus.DELIVERED if each.success else ReceiptStatus.FAILED,
                occurred_at=china_moment(each.report_time, now=request.now),
            )
            for each in reports
        ]

    async def _send(self, message: SmsMessage) -> SendResult:
        values = {name: message.variables.get(name, "") for name in message.approved.variables}
        query = {
            "PhoneNumbers": vendor_number(message.to),
            "SignName": message.approved.sign,
            "TemplateCode": message.approved.code,
            "TemplateParam": json.dumps(values, ensure_ascii=False),
            "OutId": message.out_id,
        }
        return _result(await self._call("SendSms", query))

    async def _ask(self, asked: Unconfirmed) -> list[SmsReceipt]:
        query = {
            "PhoneNumber": vendor_number(asked.to),
            "SendDate": asked.sent_at.astimezone(CHINA_TIME).strftime("%Y%m%d"),
            "PageSize": "50",
            "CurrentPage": "1",
        }
        if asked.provider_id:
            query["BizId"] = asked.provider_id
        answer = (await self._call("QuerySendDetails", query)).read(_Queried)
        return [
            SmsReceipt(
                event_id=f"{asked.out_id}:{each.status}",
                provider_id=asked.provider_id,
                out_id=each.out_id,
                to=asked.to,
                status=QUERIED[each.status],
                occurred_at=china_moment(each.receive_date, now=time.time()),
            )
            for each in answer.found.details
            if each.out_id == asked.out_id and each.status in QUERIED
        ]

    async def _call(self, action: str, query: Mapping[str, str]) -> Reply:
        url, headers = signed(
            self._account,
            action,
            query,
            moment=datetime.now(UTC),
            nonce=secrets.token_hex(16),
        )
        return await self._exchange.call("POST", url, headers=headers)


def vendor_number(number: str) -> str:
    """Return a Chinese number without its country, any other without its plus."""
    return number.removeprefix(CHINA) if number.startswith(CHINA) else number.removeprefix("+")


def signed(
    account: Account, action: str, query: Mapping[str, str], *, moment: datetime, nonce: str
) -> tuple[str, dict[str, str]]:
    """Return the address with its query, and the headers that sign it."""
    target = urlsplit(account.url)
    line = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(query.items()))
    headers = {
        "host": target.netloc,
        "x-acs-action": action,
        "x-acs-content-sha256": EMPTY_BODY,
        "x-acs-date": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": VERSION,
    }
    names = ";".join(sorted(headers))
    listed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    path = target.path or "/"
    request = f"POST\n{path}\n{line}\n{listed}\n{names}\n{EMPTY_BODY}"
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(account.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (
        f"{ALGORITHM} Credential={account.key},SignedHeaders={names},Signature={signature}"
    )
    return f"{target.scheme}://{target.netloc}{path}?{line}", headers


def _result(reply: Reply) -> SendResult:
    answer = reply.read(_Answer)
    if answer.code == "OK" and answer.biz_id:
        return SendResult(Outcome.SENT, answer.code, provider_id=answer.biz_id)
    code = answer.code or f"http_{reply.status}"
    known = (outcome for start, outcome in OUTCOMES if answer.code.startswith(start))
    outcome = next(known, Outcome.UNKNOWN)
    if reply.status >= SERVER_ERROR:
        outcome = Outcome.UNKNOWN
    wait_seconds = LIMITED_SECONDS if answer.code == "isv.BUSINESS_LIMIT_CONTROL" else None
    return SendResult(outcome, code, retry_after_seconds=wait_seconds)
