"""Tencent Cloud's wire form: signature TC3-HMAC-SHA256, SendSms and PullSmsSendStatus.

Written from the vendor's description, apart from our own adapter, and held against its SDK.
"""

import hashlib
import hmac
import json
import re
import secrets
import time
from collections import deque
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from aiohttp import web
from pydantic import Field, ValidationError

from notifications.sandbox.bodies import Body
from notifications.sandbox.callbacks import Wire
from notifications.sandbox.faults import Channel, FaultBoard
from notifications.sandbox.outbox import E164, Outbox, Taken
from notifications.sandbox.texts import (
    SIGN,
    MessageRefusedError,
    named_by,
    render,
    variables_of,
)


VENDOR: Final = "tencent"
KEY_ID: Final = "sandbox"
APP_ID: Final = "1400000000"
ALGORITHM: Final = "TC3-HMAC-SHA256"
CLOCK_SECONDS: Final = 5 * 60
PULL_LIMIT: Final = 100
CHINA_TIME: Final = timezone(timedelta(hours=8))
AUTHORIZATION: Final = re.compile(
    ALGORITHM + r" Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, "
    r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})"
)


class SendSms(Body):
    """The parameters of SendSms that the simulated vendor knows."""

    numbers: list[str] = Field(alias="PhoneNumberSet", min_length=1, max_length=200)
    app_id: str = Field(alias="SmsSdkAppId")
    template: str = Field(alias="TemplateId")
    sign: str = Field(default="", alias="SignName")
    values: list[str] = Field(default=[], alias="TemplateParamSet")
    context: str = Field(default="", alias="SessionContext", max_length=511)


class Pull(Body):
    """The parameters of PullSmsSendStatus."""

    limit: int = Field(alias="Limit", ge=1, le=PULL_LIMIT)
    app_id: str = Field(alias="SmsSdkAppId")


class Tencent:
    """Answers ``POST /tencent/`` as the vendor's API 3.0 does: always 200."""

    def __init__(self, *, secret: str, outbox: Outbox) -> None:
        self._secret = secret
        self._outbox = outbox
        self._unpulled: deque[Taken] = deque(maxlen=20_000)

    def routes(self, faults: FaultBoard) -> list[web.RouteDef]:
        return [web.post("/tencent/", faults.guard(Channel.SMS, self._serve))]

    async def _serve(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            self._verify(request, body)
            return self._act(request, body)
        except MessageRefusedError as refusal:
            facts: dict[str, object] = {"vendor": VENDOR}
            self._outbox.refuse(request, refusal.code, status=200, facts=facts)
            return _answer(Error={"Code": refusal.code, "Message": refusal.code})
        except ValidationError:
            self._outbox.refuse(request, "InvalidParameter", status=200, facts={"vendor": VENDOR})
            return _answer(Error={"Code": "InvalidParameter", "Message": "InvalidParameter"})

    def _act(self, request: web.Request, body: bytes) -> web.Response:
        match request.headers.get("X-TC-Action"):
            case "SendSms":
                return _answer(SendStatusSet=self._send(request, body))
            case "PullSmsSendStatus":
                return _answer(PullSmsSendStatusSet=self._pull(body))
            case _:
                raise MessageRefusedError("InvalidAction")

    def _verify(self, request: web.Request, body: bytes) -> None:
        found = AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
        if found is None:
            raise MessageRefusedError("AuthFailure.InvalidAuthorization")
        key_id, day, names, signature = found.groups()
        if key_id != KEY_ID:
            raise MessageRefusedError("AuthFailure.SecretIdNotFound")
        self._verify_time(request, day)
        if not {"content-type", "host"} <= set(names.split(";")):
            raise MessageRefusedError("AuthFailure.SignatureFailure")
        expected = self._signature(request, body, day=day, names=names.split(";"))
        if not hmac.compare_digest(expected, signature):
            raise MessageRefusedError("AuthFailure.SignatureFailure")
        if request.headers.get("X-TC-Version") != "2021-01-11":
            raise MessageRefusedError("NoSuchVersion")
        if not request.headers.get("X-TC-Region"):
            raise MessageRefusedError("MissingParameter")

    def _verify_time(self, request: web.Request, day: str) -> None:
        stamp = request.headers.get("X-TC-Timestamp", "")
        if not stamp.isdecimal() or abs(time.time() - int(stamp)) > CLOCK_SECONDS:
            raise MessageRefusedError("AuthFailure.SignatureExpire")
        if datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d") != day:
            raise MessageRefusedError("AuthFailure.SignatureFailure")

    def _signature(self, request: web.Request, body: bytes, *, day: str, names: list[str]) -> str:
        listed = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
        canonical = "\n".join(
            (
                "POST",
                request.path,
                "",
                listed,
                ";".join(names),
                hashlib.sha256(body).hexdigest(),
            )
        )
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        stamp = request.headers["X-TC-Timestamp"]
        signed = f"{ALGORITHM}\n{stamp}\n{day}/sms/tc3_request\n{digest}"
        of_day = hmac.new(f"TC3{self._secret}".encode(), day.encode(), hashlib.sha256).digest()
        of_service = hmac.new(of_day, b"sms", hashlib.sha256).digest()
        of_request = hmac.new(of_service, b"tc3_request", hashlib.sha256).digest()
        return hmac.new(of_request, signed.encode(), hashlib.sha256).hexdigest()

    def _send(self, request: web.Request, body: bytes) -> list[dict[str, object]]:
        wanted = SendSms.model_validate_json(body)
        if wanted.app_id != APP_ID:
            raise MessageRefusedError("InvalidParameterValue.SdkAppIdNotExist")
        return [self._send_one(request, wanted, number) for number in wanted.numbers]

    def _send_one(self, request: web.Request, wanted: SendSms, number: str) -> dict[str, object]:
        facts = {"template": wanted.template}
        try:
            text = self._text(wanted, number)
        except MessageRefusedError as refusal:
            asked = {"vendor": VENDOR, "to": number, "out_id": wanted.context, **facts}
            self._outbox.refuse(request, refusal.code, status=200, facts=asked)
            return _status(number, refusal.code, serial="", context=wanted.context)
        taken = self._outbox.take(
            request, vendor=VENDOR, to=number, out_id=wanted.context, text=text, facts=facts
        )
        self._unpulled.append(taken)
        self._tell(taken)
        return _status(number, "Ok", serial=taken.message_id, context=wanted.context)

    def _text(self, wanted: SendSms, number: str) -> str:
        if E164.fullmatch(number) is None:
            raise MessageRefusedError("InvalidParameterValue.IncorrectPhoneNumber")
        if wanted.sign != SIGN:
            raise MessageRefusedError("FailedOperation.SignatureIncorrectOrUnapproved")
        name = named_by(wanted.template)
        if name is None or len(variables_of(name)) != len(wanted.values):
            raise MessageRefusedError("FailedOperation.TemplateIncorrectOrUnapproved")
        given = dict(zip(variables_of(name), wanted.values, strict=True))
        return render(self._outbox.templates, name, given)

    def _pull(self, body: bytes) -> list[dict[str, object]]:
        """Hand out what has ended, once: the vendor's statuses are a queue."""
        wanted = Pull.model_validate_json(body)
        if wanted.app_id != APP_ID:
            raise MessageRefusedError("InvalidParameterValue.SdkAppIdNotExist")
        ended = [each for each in self._unpulled if each.ended][: wanted.limit]
        for each in ended:
            self._unpulled.remove(each)
        return [
            {
                "UserReceiveTime": int(each.ends_at),
                "CountryCode": each.to[1:3],
                "SubscriberNumber": each.to[3:],
                "PhoneNumber": each.to,
                "SerialNo": each.message_id,
                "ReportStatus": "SUCCESS" if each.is_delivered else "FAIL",
                "Description": "DELIVRD" if each.is_delivered else "UNDELIV",
                "SessionContext": each.out_id,
            }
            for each in ended
        ]

    def _tell(self, taken: Taken) -> None:
        url = self._outbox.knobs.tencent_receipt_url
        if url is None:
            return
        if self._outbox.knobs.forged_signature:
            url += secrets.token_hex(4)  # somebody who does not know the address
        local = datetime.fromtimestamp(taken.ends_at, CHINA_TIME)
        report = {
            "user_receive_time": local.strftime("%Y-%m-%d %H:%M:%S"),
            "nationcode": taken.to[1:3],
            "mobile": taken.to[3:],
            "report_status": "SUCCESS" if taken.is_delivered else "FAIL",
            "errmsg": "DELIVRD" if taken.is_delivered else "UNDELIV",
            "description": "",
            "sid": taken.message_id,
        }
        body = json.dumps([report]).encode()
        wire = Wire(body=body, headers={"Content-Type": "application/json"})
        self._outbox.tell(url, report, wire=wire)


def _status(number: str, code: str, *, serial: str, context: str) -> dict[str, object]:
    return {
        "SerialNo": serial,
        "PhoneNumber": number,
        "Fee": 1 if serial else 0,
        "SessionContext": context,
        "Code": code,
        "Message": code,
        "IsoCode": "CN",
    }


def _answer(**fields: object) -> web.Response:
    return web.json_response({"Response": {**fields, "RequestId": secrets.token_hex(16)}})
