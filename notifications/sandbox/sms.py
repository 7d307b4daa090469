"""The sandbox's own SMS vendor: a bearer key, our own template names, signed receipts."""

import hmac

from aiohttp import web
from pydantic import Field

from notifications.sandbox.bodies import Body, answer, read_body
from notifications.sandbox.faults import Channel, FaultBoard
from notifications.sandbox.outbox import Outbox, Taken, receipt_view
from notifications.sandbox.texts import MessageRefusedError


VENDOR = "sandbox"
LATER_SECONDS = 0.05
"""How much later than the last word a word out of order comes."""


class NewMessage(Body):
    """One message to one number."""

    to: str
    template: str = Field(max_length=100)
    variables: dict[str, str] = Field(default_factory=dict)
    out_id: str = Field(max_length=100)


class SmsVendor:
    """Takes messages at ``/sms/messages``, and tells there what became of them."""

    def __init__(self, *, key: str, outbox: Outbox) -> None:
        self._key = key
        self._outbox = outbox

    def routes(self, faults: FaultBoard) -> list[web.RouteDef]:
        return [
            web.post("/sms/messages", faults.guard(Channel.SMS, self._accept)),
            web.get("/sms/messages", self._find),
        ]

    async def _accept(self, request: web.Request) -> web.Response:
        if not is_known(request, self._key):
            self._outbox.refuse(request, "key_invalid", status=401, facts={})
            return answer(401, "key_invalid")
        try:
            message = await read_body(request, NewMessage)
        except web.HTTPUnprocessableEntity as refusal:
            self._outbox.refuse(request, "invalid_body", status=refusal.status, facts={})
            raise
        facts = {"template": message.template, "variables": message.variables}
        try:
            text = self._outbox.text_of(message.to, message.template, message.variables)
        except MessageRefusedError as refusal:
            facts = message.model_dump()
            self._outbox.refuse(request, refusal.code, status=400, facts=facts)
            return answer(400, refusal.code)
        taken = self._outbox.take(
            request,
            vendor=VENDOR,
            to=message.to,
            out_id=message.out_id,
            text=text,
            facts=facts,
        )
        self._tell(taken)
        return web.json_response({"message_id": taken.message_id}, status=202)

    def _tell(self, taken: Taken) -> None:
        knobs = self._outbox.knobs
        if knobs.receipt_url is None:
            return
        self._outbox.tell(knobs.receipt_url, receipt_view(taken, knobs.receipt_status))
        if knobs.receipt_reversed:
            late = knobs.receipt_delay_seconds + LATER_SECONDS
            taken_too = receipt_view(taken, "taken")
            self._outbox.tell(knobs.receipt_url, taken_too, delay_seconds=late)

    async def _find(self, request: web.Request) -> web.Response:
        if not is_known(request, self._key):
            return answer(401, "key_invalid")
        found = self._outbox.find(vendor=VENDOR, out_id=request.query.get("out_id", ""))
        return web.json_response(
            {"messages": [receipt_view(each, ending(each)) for each in found]}
        )


def ending(taken: Taken) -> str:
    """Return what a query is told of a message now."""
    if not taken.ended:
        return "taken"
    return "delivered" if taken.is_delivered else "failed"


def is_known(request: web.Request, key: str) -> bool:
    """Whether the caller has the key."""
    shown = request.headers.get("Authorization", "")
    return hmac.compare_digest(shown.encode(), f"Bearer {key}".encode())
