"""The simulated SMS vendor: checks, logs, and later tells a signed receipt."""

import hmac
import re
import secrets
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from pydantic import Field

from notifications.sandbox.bodies import Body, answer, read_body
from notifications.sandbox.callbacks import Callback, CallbackSender
from notifications.sandbox.faults import FAULT, Channel, FaultBoard
from notifications.sandbox.ledger import Ledger, moment
from notifications.sandbox.texts import MessageRefusedError, render


E164 = re.compile(r"\+[1-9][0-9]{6,14}")
BUBBLE_LIMIT = 2000
TEMPLATE_LIMIT = 500


class NewMessage(Body):
    """One message to one number."""

    to: str
    template: str = Field(max_length=100)
    variables: dict[str, str] = Field(default_factory=dict)
    out_id: str = Field(max_length=100)


class NewTemplate(Body):
    """The text of a template, its variables written ``$name``."""

    text: str = Field(max_length=500)


class SmsKnobs(Body):
    """How receipts behave until told otherwise."""

    receipt_url: str | None = None
    receipt_delay_seconds: float = Field(default=1.0, ge=0, le=3600)
    receipt_status: Literal["delivered", "failed"] = "delivered"
    receipt_count: int = Field(default=1, ge=0, le=5)
    forged_signature: bool = False


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text on one phone."""

    to: str
    text: str
    shown_at: float


class SmsVendor:
    """Takes messages at ``/sms/messages``; never idempotent, as real vendors are not."""

    def __init__(
        self, *, key: str, templates: Mapping[str, str], ledger: Ledger, callbacks: CallbackSender
    ) -> None:
        self._key = key
        self._templates = dict(templates)
        self._ledger = ledger
        self._callbacks = callbacks
        self.knobs = SmsKnobs()
        self.bubbles: deque[Bubble] = deque(maxlen=BUBBLE_LIMIT)

    def routes(self, faults: FaultBoard) -> list[web.RouteDef]:
        return [
            web.post("/sms/messages", faults.guard(Channel.SMS, self._accept)),
            web.put("/sms/templates/{name}", self._approve),
            web.put("/sms/knobs", self._turn),
        ]

    async def _accept(self, request: web.Request) -> web.Response:
        if not self._is_known(request.headers.get("Authorization", "")):
            self._ledger.record(at=time.time(), status=401, code="key_invalid")
            return answer(401, "key_invalid")
        try:
            message = await read_body(request, NewMessage)
        except web.HTTPUnprocessableEntity as refusal:
            self._ledger.record(at=time.time(), status=refusal.status, code="invalid_body")
            raise
        facts = {**message.model_dump(), "fault": request.get(FAULT)}
        try:
            text = self._check(message)
        except MessageRefusedError as refusal:
            self._ledger.record(at=time.time(), **facts, status=400, code=refusal.code)
            return answer(400, refusal.code)
        message_id = secrets.token_hex(12)
        self._ledger.record(at=time.time(), **facts, status=202, message_id=message_id, text=text)
        self.bubbles.append(Bubble(to=message.to, text=text, shown_at=time.time()))
        self._schedule_receipts(message, message_id)
        return web.json_response({"message_id": message_id}, status=202)

    def _is_known(self, authorization: str) -> bool:
        return hmac.compare_digest(authorization.encode(), f"Bearer {self._key}".encode())

    def _check(self, message: NewMessage) -> str:
        if E164.fullmatch(message.to) is None:
            raise MessageRefusedError("number_invalid")
        return render(self._templates, message.template, message.variables)

    def _schedule_receipts(self, message: NewMessage, message_id: str) -> None:
        knobs = self.knobs
        if knobs.receipt_url is None:
            return
        receipt = {
            "event_id": secrets.token_hex(12),
            "message_id": message_id,
            "out_id": message.out_id,
            "to": message.to,
            "status": knobs.receipt_status,
            "occurred_at": moment(time.time() + knobs.receipt_delay_seconds),
        }
        for _ in range(knobs.receipt_count):
            self._callbacks.schedule(
                Callback(
                    url=knobs.receipt_url,
                    content=receipt,
                    ledger=self._ledger,
                    delay_seconds=knobs.receipt_delay_seconds,
                    is_forged=knobs.forged_signature,
                )
            )

    async def _approve(self, request: web.Request) -> web.Response:
        wanted = await read_body(request, NewTemplate)
        if len(self._templates) >= TEMPLATE_LIMIT:
            return answer(507, "too_many_templates")
        self._templates[request.match_info["name"]] = wanted.text
        return web.Response(status=204)

    async def _turn(self, request: web.Request) -> web.Response:
        self.knobs = await read_body(request, SmsKnobs)
        return web.json_response(self.knobs.model_dump())
