"""Alibaba Cloud's wire form: signature ACS3-HMAC-SHA256, SendSms and QuerySendDetails.

Written from the vendor's description, apart from our own adapter, and held against its SDK.
"""

import hashlib
import hmac
import json
import re
import secrets
import time
from datetime import datetime, timedelta, timezone
from typing import Final
from urllib.parse import quote

from aiohttp import web

from notifications.sandbox.callbacks import Wire
from notifications.sandbox.faults import Channel, FaultBoard
from notifications.sandbox.outbox import Outbox, Taken
from notifications.sandbox.texts import (
    SIGN,
    MessageRefusedError,
    named_by,
    render,
    variables_of,
)


VENDOR: Final = "aliyun"
KEY_ID: Final = "sandbox"
CODE_PREFIX: Final = "SMS_"
ALGORITHM: Final = "ACS3-HMAC-SHA256"
CLOCK_SECONDS: Final = 15 * 60
NONCE_LIMIT: Final = 50_000
CHINA_TIME: Final = timezone(timedelta(hours=8))
NUMBER: Final = re.compile(r"1[3-9]\d{9}|[2-9]\d{6,14}|1[2-9]\d{9}")
AUTHORIZATION: Final = re.compile(
    ALGORITHM + r" Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})"
)
MUST_SIGN: Final = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-version"}


class Aliyun:
    """Answers ``POST /aliyun/`` as dysmsapi does."""

    def __init__(self, *, secret: str, outbox: Outbox) -> None:
        self._secret = secret
        self._outbox = outbox
        self._nonces: set[str] = set()

    def routes(self, faults: FaultBoard) -> list[web.RouteDef]:
        return [web.post("/aliyun/", faults.guard(Channel.SMS, self._serve))]

    async def _serve(self, request: web.Request) -> web.Response:
        try:
            self._verify(request, await request.read())
            return self._act(request)
        except MessageRefusedError as refusal:
            # Faults of the request have a status of their own; those of the message do not.
            status = 200 if refusal.code.startswith("isv.") else 400
            facts = {"vendor": VENDOR, **request.query}
            self._outbox.refuse(request, refusal.code, status=status, facts=facts)
            return _answer(refusal.code, status=status)

    def _act(self, request: web.Request) -> web.Response:
        match request.headers["x-acs-action"]:
            case "SendSms":
                return self._send(request)
            case "QuerySendDetails":
                return self._query(request)
            case _:
                raise MessageRefusedError("InvalidAction.NotFound")

    def _verify(self, request: web.Request, body: bytes) -> None:
        found = AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
        if found is None:
            raise MessageRefusedError("IncompleteSignature")
        key, names, signature = found.groups()
        if key != KEY_ID:
            raise MessageRefusedError("InvalidAccessKeyId.NotFound")
        if hashlib.sha256(body).hexdigest() != request.headers.get("x-acs-content-sha256"):
            raise MessageRefusedError("SignatureDoesNotMatch")
        if not set(names.split(";")) >= MUST_SIGN:
            raise MessageRefusedError("SignatureDoesNotMatch")
        expected = self._signature(request, names.split(";"))
        if not hmac.compare_digest(expected, signature):
            raise MessageRefusedError("SignatureDoesNotMatch")
        self._verify_freshness(request)

    def _signature(self, request: web.Request, names: list[str]) -> str:
        pairs = sorted(request.query.items())
        query = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in pairs)
        listed = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
        canonical = "\n".join(
            (
                request.method,
                request.path,
                query,
                listed,
                ";".join(names),
                request.headers["x-acs-content-sha256"],
            )
        )
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signed = f"{ALGORITHM}\n{digest}".encode()
        return hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()

    def _verify_freshness(self, request: web.Request) -> None:
        try:
            signed_at = datetime.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%S%z")
        except ValueError as error:
            raise MessageRefusedError("InvalidTimeStamp.Format") from error
        if abs(time.time() - signed_at.timestamp()) > CLOCK_SECONDS:
            raise MessageRefusedError("InvalidTimeStamp.Expired")
        if request.headers["x-acs-version"] != "2017-05-25":
            raise MessageRefusedError("InvalidVersion")
        nonce = request.headers.get("x-acs-signature-nonce", "")
        if not nonce or nonce in self._nonces:
            raise MessageRefusedError("SignatureNonceUsed")
        if len(self._nonces) >= NONCE_LIMIT:
            self._nonces.clear()
        self._nonces.add(nonce)

    def _send(self, request: web.Request) -> web.Response:
        query = request.query
        number = query.get("PhoneNumbers", "")
        if NUMBER.fullmatch(number) is None:
            raise MessageRefusedError("isv.MOBILE_NUMBER_ILLEGAL")
        if query.get("SignName") != SIGN:
            raise MessageRefusedError("isv.SMS_SIGNATURE_ILLEGAL")
        taken = self._outbox.take(
            request,
            vendor=VENDOR,
            to=_e164(number),
            out_id=query.get("OutId", ""),
            text=self._text(query.get("TemplateCode", ""), query.get("TemplateParam", "{}")),
            facts={"code": query.get("TemplateCode", "")},
        )
        self._tell(taken)
        return _answer("OK", BizId=taken.message_id)

    def _text(self, code: str, values: str) -> str:
        name = named_by(code, prefix=CODE_PREFIX)
        if name is None:
            raise MessageRefusedError("isv.SMS_TEMPLATE_ILLEGAL")
        try:
            given = {str(key): str(value) for key, value in json.loads(values).items()}
        except (ValueError, AttributeError) as error:
            raise MessageRefusedError("isv.INVALID_JSON_PARAM") from error
        if not set(variables_of(name)) <= set(given):
            raise MessageRefusedError("isv.TEMPLATE_MISSING_PARAMETERS")
        return render(self._outbox.templates, name, given)

    def _query(self, request: web.Request) -> web.Response:
        query = request.query
        day = query.get("SendDate", "")
        found = [
            _detail(each)
            for each in self._outbox.find(vendor=VENDOR, to=_e164(query.get("PhoneNumber", "")))
            if _local(each.taken_at).strftime("%Y%m%d") == day
            and query.get("BizId", each.message_id) == each.message_id
        ]
        return _answer(
            "OK", TotalCount=str(len(found)), SmsSendDetailDTOs={"SmsSendDetailDTO": found}
        )

    def _tell(self, taken: Taken) -> None:
        url = self._outbox.knobs.aliyun_receipt_url
        if url is None:
            return
        if self._outbox.knobs.forged_signature:
            url += secrets.token_hex(4)  # somebody who does not know the address
        report = {
            "phone_number": taken.to.removeprefix("+86"),
            "send_time": _text_of(taken.taken_at),
            "report_time": _text_of(taken.ends_at),
            "success": taken.is_delivered,
            "err_code": "DELIVERED" if taken.is_delivered else "UNDELIV",
            "err_msg": "",
            "sms_size": "1",
            "biz_id": taken.message_id,
            "out_id": taken.out_id,
        }
        body = json.dumps([report]).encode()
        wire = Wire(body=body, headers={"Content-Type": "application/json"})
        self._outbox.tell(url, report, wire=wire)


def _answer(code: str, *, status: int = 200, **fields: object) -> web.Response:
    content = {"Code": code, "Message": code, "RequestId": secrets.token_hex(16), **fields}
    return web.json_response(content, status=status)


def _detail(taken: Taken) -> dict[str, object]:
    ended = 3 if taken.is_delivered else 2
    return {
        "PhoneNum": taken.to.removeprefix("+86"),
        "SendStatus": ended if taken.ended else 1,
        "ErrCode": "",
        "Content": taken.text,
        "SendDate": _text_of(taken.taken_at),
        "ReceiveDate": _text_of(taken.ends_at) if taken.ended else "",
        "OutId": taken.out_id,
    }


def _e164(number: str) -> str:
    is_chinese = re.fullmatch(r"1[3-9]\d{9}", number) is not None
    return f"+86{number}" if is_chinese else f"+{number}"


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at, CHINA_TIME)


def _text_of(at: float) -> str:
    return _local(at).strftime("%Y-%m-%d %H:%M:%S")
