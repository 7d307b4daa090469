"""A shop's simulated till: takes webhooks, verifies each, and shows what it got."""

import json
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from pydantic import Field

from notifications.sandbox.bodies import Body, read_body
from notifications.sandbox.faults import Channel, FaultBoard
from notifications.sandbox.ledger import moment
from notifications.webhooks.signature import WrongSignatureError, verify


PAGES: Final = Path(__file__).parent / "pages"
SHOWN: Final = 200
OK: Final = 204
FORGED: Final = 401


class ProgramKnobs(Body):
    """What the till verifies with, and how it misbehaves for its next `count` messages."""

    secrets: tuple[str, ...] = Field(default=(), max_length=10)
    status: int = Field(default=OK, ge=200, le=599)
    count: int = Field(default=0, ge=0, le=10_000)
    retry_after: str = Field(default="", max_length=40)


@dataclass(frozen=True, slots=True)
class Taken:
    """One message as it came."""

    at: float
    id: str
    type: str
    subject: str
    is_verified: bool
    is_repeat: bool
    status: int


class Program:
    """The till; whoever opens its page sees the last two hundred messages."""

    def __init__(self) -> None:
        self.knobs = ProgramKnobs()
        self.taken: deque[Taken] = deque(maxlen=SHOWN)
        self._known: deque[str] = deque(maxlen=10 * SHOWN)

    def routes(self, faults: FaultBoard) -> list[web.RouteDef]:
        return [
            web.get("/program", self._page),
            web.get("/program.js", self._script),
            web.get("/program/messages", self._messages),
            web.post("/program/hooks", faults.guard(Channel.WEBHOOKS, self._take)),
            web.put("/program/knobs", self._turn),
        ]

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        is_verified = self._is_verified(request, body)
        status = self._status() if is_verified else FORGED
        event = _event_of(body)
        message_id = request.headers.get("webhook-id", "")
        self.taken.append(
            Taken(
                at=time.time(),
                id=message_id,
                type=str(event.get("type", "")),
                subject=str(event.get("subject", "")),
                is_verified=is_verified,
                is_repeat=message_id in self._known,
                status=status,
            )
        )
        if status < 300:  # noqa: PLR2004
            self._known.append(message_id)
        headers = {}
        if self.knobs.retry_after and status >= 400:  # noqa: PLR2004
            headers["Retry-After"] = self.knobs.retry_after
        return web.Response(status=status, headers=headers)

    def _is_verified(self, request: web.Request, body: bytes) -> bool:
        for secret in self.knobs.secrets:
            try:
                verify(secret, request.headers, body, now=time.time())
            except WrongSignatureError:
                continue
            return True
        return False

    def _status(self) -> int:
        if not self.knobs.count:
            return OK
        self.knobs = self.knobs.model_copy(update={"count": self.knobs.count - 1})
        return self.knobs.status

    async def _turn(self, request: web.Request) -> web.Response:
        self.knobs = await read_body(request, ProgramKnobs)
        return web.Response(status=204)

    async def _messages(self, _request: web.Request) -> web.Response:
        shown = [
            {
                "at": moment(each.at),
                "id": each.id,
                "type": each.type,
                "subject": each.subject,
                "is_verified": each.is_verified,
                "is_repeat": each.is_repeat,
                "status": each.status,
            }
            for each in reversed(self.taken)
        ]
        return web.json_response({"messages": shown, "secret_count": len(self.knobs.secrets)})

    async def _page(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGES / "program.html", headers=HEADERS)

    async def _script(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGES / "program.js", headers=HEADERS)


HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def _event_of(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
