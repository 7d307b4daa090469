"""The simulated voice vendor: a phone rings, somebody answers or not, and a key means yes."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiohttp import web
from pydantic import Field

from notifications.sandbox.bodies import Body, answer, read_body
from notifications.sandbox.faults import Channel, FaultBoard
from notifications.sandbox.ledger import Ledger, moment
from notifications.sandbox.outbox import Outbox, Taken, receipt_view
from notifications.sandbox.sms import NewMessage, is_known
from notifications.sandbox.texts import SPOKEN, MessageRefusedError, render


VENDOR: Final = "sandbox"
CALL_LIMIT: Final = 2000
YES: Final = "1"


class Ringing(StrEnum):
    """How a call stands."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ACKNOWLEDGED = "acknowledged"  # the person pressed 1
    ENDED = "ended"  # hung up after answering
    MISSED = "missed"  # nobody answered in time, or they declined


RECEIPTS: Final = {
    Ringing.ANSWERED: "delivered",
    Ringing.ACKNOWLEDGED: "acknowledged",
    Ringing.MISSED: "failed",
}
TOLD: Final = {**RECEIPTS, Ringing.RINGING: "taken", Ringing.ENDED: "delivered"}
"""What a query is told of a call."""


class Key(Body):
    """A key on the phone's pad."""

    digit: str = Field(pattern=r"^[0-9*#]$")


@dataclass(slots=True)
class Call:
    """One call to one phone."""

    taken: Taken
    stage: Ringing = Ringing.RINGING

    def view(self) -> dict[str, str]:
        return {
            "call_id": self.taken.message_id,
            "text": self.taken.text,
            "state": self.stage,
            "shown_at": moment(self.taken.taken_at),
        }


class VoiceVendor:
    """Takes calls at ``/voice/calls``; the phones on the page answer them."""

    def __init__(self, *, key: str, outbox: Outbox, ledger: Ledger) -> None:
        self._key = key
        self._outbox = outbox
        self._ledger = ledger
        self._calls: OrderedDict[str, Call] = OrderedDict()

    def routes(self, faults: FaultBoard) -> list[web.RouteDef]:
        return [
            web.post("/voice/calls", faults.guard(Channel.VOICE, self._accept)),
            web.get("/voice/calls", self._find),
            web.post("/voice/calls/{call}/answer", self._answer),
            web.post("/voice/calls/{call}/press", self._press),
            web.post("/voice/calls/{call}/hang-up", self._hang_up),
        ]

    def calls(self) -> Iterator[Call]:
        """Yield the calls, the oldest first."""
        yield from self._calls.values()

    async def _accept(self, request: web.Request) -> web.Response:
        if not is_known(request, self._key):
            self._ledger.record(at=time.time(), status=401, code="key_invalid")
            return answer(401, "key_invalid")
        wanted = await read_body(request, NewMessage)
        try:
            self._outbox.check_number(wanted.to)
            text = render(SPOKEN, wanted.template, wanted.variables)
        except MessageRefusedError as refusal:
            facts = wanted.model_dump()
            self._ledger.record(at=time.time(), **facts, status=400, code=refusal.code)
            return answer(400, refusal.code)
        taken = Taken(
            vendor=VENDOR,
            to=wanted.to,
            out_id=wanted.out_id,
            text=text,
            is_delivered=True,
            ends_at=time.time() + self._outbox.knobs.ring_seconds,
        )
        facts = {**wanted.model_dump(), "message_id": taken.message_id, "text": text}
        self._ledger.record(at=taken.taken_at, **facts, status=202)
        self._ring(Call(taken))
        return web.json_response({"message_id": taken.message_id}, status=202)

    def _ring(self, call: Call) -> None:
        self._calls[call.taken.message_id] = call
        if len(self._calls) > CALL_LIMIT:
            self._calls.popitem(last=False)
        loop = asyncio.get_running_loop()
        loop.call_later(self._outbox.knobs.ring_seconds, self._miss, call)

    def _miss(self, call: Call) -> None:
        if call.stage is Ringing.RINGING:
            self._become(call, Ringing.MISSED)

    def _become(self, call: Call, stage: Ringing) -> None:
        call.stage = stage
        url = self._outbox.knobs.call_receipt_url
        if url is not None and stage in RECEIPTS:
            self._outbox.tell(url, receipt_view(call.taken, RECEIPTS[stage]), delay_seconds=0.0)

    async def _answer(self, request: web.Request) -> web.Response:
        call = self._call(request)
        if call.stage is not Ringing.RINGING:
            return answer(409, "not_ringing")
        self._become(call, Ringing.ANSWERED)
        return web.json_response(call.view())

    async def _press(self, request: web.Request) -> web.Response:
        call = self._call(request)
        key = await read_body(request, Key)
        if call.stage is not Ringing.ANSWERED:
            return answer(409, "not_answered")
        if key.digit == YES:
            self._become(call, Ringing.ACKNOWLEDGED)
        return web.json_response(call.view())

    async def _hang_up(self, request: web.Request) -> web.Response:
        call = self._call(request)
        if call.stage is Ringing.RINGING:
            self._become(call, Ringing.MISSED)
        elif call.stage is Ringing.ANSWERED:
            self._become(call, Ringing.ENDED)
        return web.json_response(call.view())

    def _call(self, request: web.Request) -> Call:
        call = self._calls.get(request.match_info["call"])
        if call is None:
            raise web.HTTPNotFound
        return call

    async def _find(self, request: web.Request) -> web.Response:
        if not is_known(request, self._key):
            return answer(401, "key_invalid")
        out_id = request.query.get("out_id", "")
        found = [call for call in self.calls() if call.taken.out_id == out_id]
        views = [receipt_view(call.taken, TOLD[call.stage]) for call in found]
        return web.json_response({"messages": views})
