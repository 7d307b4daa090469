"""What the simulated SMS vendors have taken, whatever form it came in, and how it ends."""

import re
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web
from pydantic import Field

from notifications.sandbox.bodies import Body, answer, read_body
from notifications.sandbox.callbacks import Callback, CallbackSender, Wire
from notifications.sandbox.faults import FAULT
from notifications.sandbox.ledger import Ledger, moment
from notifications.sandbox.texts import MessageRefusedError, render


E164 = re.compile(r"\+[1-9][0-9]{6,14}")
BUBBLE_LIMIT = 2000
TAKEN_LIMIT = 20_000
TEMPLATE_LIMIT = 500


class NewTemplate(Body):
    """The text of a template, its variables written ``$name``."""

    text: str = Field(max_length=500)


class SmsKnobs(Body):
    """How receipts behave until told otherwise."""

    receipt_url: str | None = None
    aliyun_receipt_url: str | None = None
    tencent_receipt_url: str | None = None
    call_receipt_url: str | None = None
    ring_seconds: float = Field(default=25.0, gt=0, le=600)
    """How long a phone rings before the call counts as missed."""
    receipt_delay_seconds: float = Field(default=1.0, ge=0, le=3600)
    receipt_status: Literal["delivered", "failed"] = "delivered"
    receipt_count: int = Field(default=1, ge=0, le=5)
    """How often each is told: none at all, once, or several times."""
    receipt_reversed: bool = False
    """The word that it was taken comes after the word how it ended."""
    forged_signature: bool = False


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text on one phone."""

    to: str
    text: str
    shown_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One message that a vendor took."""

    vendor: str
    to: str
    out_id: str
    text: str
    is_delivered: bool
    ends_at: float
    """UNIX time from which queries and receipts know how it ended."""
    message_id: str = field(default_factory=lambda: secrets.token_hex(12))
    taken_at: float = field(default_factory=time.time)

    @property
    def ended(self) -> bool:
        return time.time() >= self.ends_at


class Outbox:
    """Shared by every wire form; never idempotent, as real vendors are not."""

    def __init__(
        self, *, templates: Mapping[str, str], ledger: Ledger, callbacks: CallbackSender
    ) -> None:
        self.templates = dict(templates)
        self._ledger = ledger
        self._callbacks = callbacks
        self.knobs = SmsKnobs()
        self.bubbles: deque[Bubble] = deque(maxlen=BUBBLE_LIMIT)
        self._taken: OrderedDict[str, Taken] = OrderedDict()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.put("/sms/templates/{name}", self._approve),
            web.get("/sms/knobs", self._show),
            web.put("/sms/knobs", self._turn),
        ]

    def text_of(self, to: str, name: str, variables: Mapping[str, str]) -> str:
        """Return what the phone would show.

        :raises MessageRefusedError: the number or the template is none.
        """
        self.check_number(to)
        return render(self.templates, name, variables)

    def check_number(self, to: str) -> None:
        """See that a number is E.164.

        :raises MessageRefusedError: it is not.
        """
        if E164.fullmatch(to) is None:
            raise MessageRefusedError("number_invalid")

    def refuse(
        self, request: web.Request, code: str, *, status: int, facts: Mapping[str, object]
    ) -> None:
        """Write down that a message was not taken."""
        self._ledger.record(
            at=time.time(), **facts, fault=request.get(FAULT), status=status, code=code
        )

    def take(
        self,
        request: web.Request,
        *,
        vendor: str,
        to: str,
        out_id: str,
        text: str,
        facts: Mapping[str, object],
    ) -> Taken:
        """Take a message: log it, show it on its phone, keep it for queries."""
        taken = Taken(
            vendor=vendor,
            to=to,
            out_id=out_id,
            text=text,
            is_delivered=self.knobs.receipt_status == "delivered",
            ends_at=time.time() + self.knobs.receipt_delay_seconds,
        )
        self._ledger.record(
            at=taken.taken_at,
            vendor=vendor,
            to=to,
            out_id=out_id,
            **facts,
            fault=request.get(FAULT),
            status=202,
            message_id=taken.message_id,
            text=text,
        )
        self.bubbles.append(Bubble(to=to, text=text, shown_at=taken.taken_at))
        self._taken[taken.message_id] = taken
        if len(self._taken) > TAKEN_LIMIT:
            self._taken.popitem(last=False)
        return taken

    def get(self, message_id: str) -> Taken | None:
        return self._taken.get(message_id)

    def find(self, *, vendor: str, **fields: str) -> Iterator[Taken]:
        """Yield the vendor's messages with these `to`, `out_id` or both."""
        for taken in self._taken.values():
            if taken.vendor == vendor and all(getattr(taken, k) == v for k, v in fields.items()):
                yield taken

    def tell(
        self,
        url: str,
        content: Mapping[str, object],
        *,
        wire: Wire | None = None,
        delay_seconds: float | None = None,
    ) -> None:
        """Post a receipt as the knobs say, in the sandbox's own signed form or a vendor's."""
        knobs = self.knobs
        callback = Callback(
            url=url,
            content=content,
            ledger=self._ledger,
            delay_seconds=knobs.receipt_delay_seconds if delay_seconds is None else delay_seconds,
            is_forged=knobs.forged_signature,
            wire=wire,
        )
        for _ in range(knobs.receipt_count):
            self._callbacks.schedule(callback)

    async def _approve(self, request: web.Request) -> web.Response:
        wanted = await read_body(request, NewTemplate)
        if len(self.templates) >= TEMPLATE_LIMIT:
            return answer(507, "too_many_templates")
        self.templates[request.match_info["name"]] = wanted.text
        return web.Response(status=204)

    async def _show(self, _request: web.Request) -> web.Response:
        return web.json_response(self.knobs.model_dump())

    async def _turn(self, request: web.Request) -> web.Response:
        self.knobs = await read_body(request, SmsKnobs)
        return web.json_response(self.knobs.model_dump())


def receipt_view(taken: Taken, status: str) -> dict[str, object]:
    """Return a receipt in the sandbox's own form."""
    return {
        "event_id": secrets.token_hex(12),
        "message_id": taken.message_id,
        "out_id": taken.out_id,
        "to": taken.to,
        "status": status,
        "occurred_at": moment(taken.ends_at),
    }
