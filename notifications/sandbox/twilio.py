"""Twilio's wire form: basic authentication, Messages.json, signed status callbacks.

Written from the vendor's description, apart from our own adapter, and held against its SDK.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from email.utils import formatdate
from typing import Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from notifications.sandbox.callbacks import Wire
from notifications.sandbox.faults import Channel, FaultBoard
from notifications.sandbox.outbox import E164, Outbox, Taken
from notifications.sandbox.texts import MessageRefusedError, named_by, render


VENDOR: Final = "twilio"
ACCOUNT: Final = "AC" + "0" * 32
SENDER: Final = "+15005550006"
BODY_LIMIT: Final = 1600
STEP_SECONDS: Final = 0.05
PATH: Final = "/twilio/2010-04-01/Accounts/{account}/Messages"

# The vendor's numbers for what it refuses.
UNAUTHENTICATED: Final = "20003"
NOT_FOUND: Final = "20404"
NUMBER_INVALID: Final = "21211"
SENDER_INVALID: Final = "21212"
BODY_MISSING: Final = "21602"
CALLBACK_INVALID: Final = "21609"
BODY_TOO_LONG: Final = "21617"
CONTENT_INVALID: Final = "21655"
STATUSES: Final = {UNAUTHENTICATED: 401, NOT_FOUND: 404}


class Twilio:
    """Takes and tells messages below ``/twilio/2010-04-01``."""

    def __init__(self, *, secret: str, outbox: Outbox) -> None:
        self._secret = secret
        self._outbox = outbox

    def routes(self, faults: FaultBoard) -> list[web.RouteDef]:
        return [
            web.post(f"{PATH}.json", faults.guard(Channel.SMS, self._create)),
            web.get(f"{PATH}/{{sid}}.json", self._fetch),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            self._verify(request)
            text = self._text(form)
        except MessageRefusedError as refusal:
            status = STATUSES.get(refusal.code, 400)
            facts = {"vendor": VENDOR, "to": form.get("To", "")}
            self._outbox.refuse(request, refusal.code, status=status, facts=facts)
            return _refusal(refusal.code)
        callback = form.get("StatusCallback", "")
        taken = self._outbox.take(
            request,
            vendor=VENDOR,
            to=form["To"],
            out_id=urlsplit(callback).query.removeprefix("out_id="),
            text=text,
            facts={},
        )
        if callback:
            self._tell(taken, callback)
        return web.json_response(_view(taken, "queued"), status=201)

    def _verify(self, request: web.Request) -> None:
        pair = base64.b64encode(f"{ACCOUNT}:{self._secret}".encode()).decode()
        shown = request.headers.get("Authorization", "")
        is_ours = hmac.compare_digest(shown.encode(), f"Basic {pair}".encode())
        if not is_ours or request.match_info["account"] != ACCOUNT:
            raise MessageRefusedError(UNAUTHENTICATED)

    def _text(self, form: dict[str, str]) -> str:
        if E164.fullmatch(form.get("To", "")) is None:
            raise MessageRefusedError(NUMBER_INVALID)
        if form.get("From", form.get("MessagingServiceSid")) != SENDER:
            raise MessageRefusedError(SENDER_INVALID)
        callback = form.get("StatusCallback")
        if callback is not None and urlsplit(callback).scheme not in ("http", "https"):
            raise MessageRefusedError(CALLBACK_INVALID)
        if "ContentSid" in form:
            return self._content(form["ContentSid"], form.get("ContentVariables", "{}"))
        if not form.get("Body"):
            raise MessageRefusedError(BODY_MISSING)
        if len(form["Body"]) > BODY_LIMIT:
            raise MessageRefusedError(BODY_TOO_LONG)
        return form["Body"]

    def _content(self, sid: str, values: str) -> str:
        name = named_by(sid, prefix="HX")
        try:
            given = {str(key): str(value) for key, value in json.loads(values).items()}
        except (ValueError, AttributeError) as error:
            raise MessageRefusedError(CONTENT_INVALID) from error
        if name is None:
            raise MessageRefusedError(CONTENT_INVALID)
        return render(self._outbox.templates, name, given)

    def _tell(self, taken: Taken, url: str) -> None:
        last = "delivered" if taken.is_delivered else "undelivered"
        steps = ["sent", last]
        if self._outbox.knobs.receipt_reversed:
            steps.reverse()
        for number, status in enumerate(steps):
            form = {
                "AccountSid": ACCOUNT,
                "From": SENDER,
                "MessageSid": f"SM{taken.message_id}",
                "MessageStatus": status,
                "To": taken.to,
            }
            wire = Wire(body=urlencode(form).encode(), headers=self._signed(url, form))
            delay = self._outbox.knobs.receipt_delay_seconds + number * STEP_SECONDS
            self._outbox.tell(url, form, wire=wire, delay_seconds=delay)

    def _signed(self, url: str, form: dict[str, str]) -> dict[str, str]:
        forged = self._outbox.knobs.forged_signature
        secret = secrets.token_hex() if forged else self._secret
        listed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
        digest = hmac.new(secret.encode(), listed.encode(), hashlib.sha1).digest()
        return {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": base64.b64encode(digest).decode(),
        }

    async def _fetch(self, request: web.Request) -> web.Response:
        try:
            self._verify(request)
        except MessageRefusedError as refusal:
            return _refusal(refusal.code)
        taken = self._outbox.get(request.match_info["sid"].removeprefix("SM"))
        if taken is None or taken.vendor != VENDOR:
            return _refusal(NOT_FOUND)
        last = "delivered" if taken.is_delivered else "undelivered"
        return web.json_response(_view(taken, last if taken.ended else "sent"))


def _refusal(code: str) -> web.Response:
    status = STATUSES.get(code, 400)
    content = {"code": int(code), "message": code, "status": status}
    return web.json_response(content, status=status)


def _view(taken: Taken, status: str) -> dict[str, object]:
    return {
        "sid": f"SM{taken.message_id}",
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": taken.text,
        "date_created": formatdate(taken.taken_at),
        "date_updated": formatdate(time.time()),
        "direction": "outbound-api",
        "error_code": None,
        "from": SENDER,
        "status": status,
        "to": taken.to,
    }
