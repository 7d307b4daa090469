"""The simulated payment provider: charges, a page to pay on, signed callbacks, refunds."""

import secrets
import time
from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path
from string import Template

from aiohttp import web
from pydantic import Field

from notifications.sandbox.bodies import Body, answer, read_body
from notifications.sandbox.callbacks import Callback, CallbackSender
from notifications.sandbox.charges import (
    Books,
    BooksRefusedError,
    Charge,
    ChargeStatus,
    NewCharge,
    NewRefund,
)
from notifications.sandbox.faults import FAULT, Channel, FaultBoard
from notifications.sandbox.ledger import Ledger, moment


PAY_PAGE = Template((Path(__file__).parent / "pages" / "pay.html").read_text())

Handler = Callable[[web.Request], Awaitable[web.Response]]


class PaymentKnobs(Body):
    """How callbacks misbehave until told otherwise."""

    callback_count: int = Field(default=1, ge=0, le=5)
    late_seconds: float = Field(default=0.0, ge=0, le=3600)
    wrong_amount: bool = False
    forged_signature: bool = False


class PaymentProvider:
    """Plays both the provider's API and the page that a customer pays on."""

    def __init__(self, *, ledger: Ledger, callbacks: CallbackSender) -> None:
        self._books = Books()
        self._ledger = ledger
        self._callbacks = callbacks
        self.knobs = PaymentKnobs()

    def routes(self, faults: FaultBoard) -> list[web.RouteDef]:
        guard = faults.guard
        return [
            web.post("/payments/charges", guard(Channel.PAYMENTS, self._logged(self._charge))),
            web.get("/payments/charges/{charge}", self._logged(self._show)),
            web.get("/payments/pay/{charge}", self._logged(self._page)),
            web.post("/payments/pay/{charge}", self._logged(self._pay)),
            web.post("/payments/refunds", guard(Channel.PAYMENTS, self._logged(self._refund))),
            web.get("/payments/knobs", self._knobs),
            web.put("/payments/knobs", self._turn),
        ]

    def _logged(self, handler: Handler) -> Handler:
        async def logged(request: web.Request) -> web.Response:
            try:
                response = await handler(request)
            except BooksRefusedError as refusal:
                response = answer(refusal.status, refusal.code)
            except web.HTTPException as refusal:
                self._record(request, refusal.status, refusal.text)
                raise
            if request.method == "POST":
                is_json = response.content_type == "application/json"
                self._record(request, response.status, response.text if is_json else None)
            return response

        return logged

    def _record(self, request: web.Request, status: int, text: str | None) -> None:
        self._ledger.record(
            at=time.time(),
            path=request.path,
            status=status,
            fault=request.get(FAULT),
            answer=text,
        )

    async def _charge(self, request: web.Request) -> web.Response:
        charge, is_new = self._books.charge(await read_body(request, NewCharge))
        pay_url = f"{request.url.origin()}/payments/pay/{charge.charge_id}"
        return web.json_response(
            {**charge.view(), "pay_url": pay_url}, status=201 if is_new else 200
        )

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self._books.get(request.match_info["charge"]).view())

    async def _page(self, request: web.Request) -> web.Response:
        return _page(self._books.get(request.match_info["charge"]))

    async def _pay(self, request: web.Request) -> web.Response:
        charge = self._books.get(request.match_info["charge"])
        result = (await request.post()).get("result", "succeeded")
        if result not in {"succeeded", "failed"}:
            raise BooksRefusedError(422, "result_invalid")
        charge.settle(ChargeStatus(str(result)))
        self._tell(charge)
        if "text/html" not in request.headers.get("Accept", ""):
            return web.json_response(charge.view())
        if charge.wanted.return_url is not None:
            return web.Response(status=303, headers={"Location": charge.wanted.return_url})
        return _page(charge)

    def _tell(self, charge: Charge) -> None:
        knobs = self.knobs
        content = {
            "event_id": f"evt_{secrets.token_hex(12)}",
            "type": f"payment.{charge.status}",
            "charge_id": charge.charge_id,
            "reference": charge.wanted.reference,
            "amount_minor": charge.wanted.amount_minor + (1 if knobs.wrong_amount else 0),
            "currency": charge.wanted.currency,
            "occurred_at": moment(time.time()),
        }
        for _ in range(knobs.callback_count):
            self._callbacks.schedule(
                Callback(
                    url=charge.wanted.callback_url,
                    content=content,
                    ledger=self._ledger,
                    delay_seconds=knobs.late_seconds,
                    is_forged=knobs.forged_signature,
                )
            )

    async def _refund(self, request: web.Request) -> web.Response:
        wanted = await read_body(request, NewRefund)
        is_new = self._books.refund(wanted)
        return web.json_response(
            {**wanted.model_dump(), "status": "succeeded"}, status=201 if is_new else 200
        )

    async def _knobs(self, _request: web.Request) -> web.Response:
        return web.json_response(self.knobs.model_dump())

    async def _turn(self, request: web.Request) -> web.Response:
        self.knobs = await read_body(request, PaymentKnobs)
        return web.json_response(self.knobs.model_dump())


def _page(charge: Charge) -> web.Response:
    amount = f"{charge.wanted.amount_minor / 100:.2f} {charge.wanted.currency}"
    page = PAY_PAGE.substitute(
        amount=escape(amount), reference=escape(charge.wanted.reference), status=charge.status
    )
    return web.Response(text=page, content_type="text/html")
