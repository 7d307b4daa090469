"""What a client without a socket asks for over HTTP: commands, receipts, where a courier is."""

import json
import re
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, ClientSession

from realtime.client_paths import PATHS
from realtime.client_terms import HttpAccess
from realtime.protocol import Ack, Act, Cmd, Err, Health, Ok, Pos, Seen


SERVER_ERRORS: Final = 500


class HttpRequests:
    """Requests of one client, in the session that its stream uses."""

    def __init__(self, session: ClientSession, access: HttpAccess) -> None:
        """Ask as whoever `access` names."""
        self._session = session
        self._url = f"{access.base_url}/api/v1"

    async def tell(self, frame: Ack | Seen | Act) -> bool:
        """Tell the server of receipts; say whether it has heard, be it to refuse them."""
        body: dict[str, Any]
        if isinstance(frame, Ack):
            body = {"ack": [{"topic": frame.topic, "seq": frame.seq}]}
        else:
            body = {frame.t: frame.r}
        try:
            async with self._session.post(f"{self._url}/stream/receipts", json=body) as response:
                return response.status < SERVER_ERRORS
        except (ClientError, OSError):
            return False

    async def tell_health(self, conn: str, health: Health) -> None:
        """Tell how the device is doing; the next ping asks again when nobody answers."""
        body = {"conn": conn, **health.model_dump(exclude_none=True)}
        with suppress(ClientError, OSError):
            async with self._session.post(f"{self._url}/stream/health", json=body):
                pass

    async def report(self, frame: Pos) -> None:
        """Tell where a courier is; lost without harm when nobody answers."""
        args = {"latitude": frame.lat, "longitude": frame.lng, "at": frame.at}
        if frame.acc is not None:
            args["accuracy_metres"] = frame.acc
        await self.command(Cmd(id=0, name="courier.report_position", args=args))

    async def command(self, frame: Cmd) -> Ok | Err | None:
        """Give a command; return its answer as a socket would bring it, None when none came."""
        path = PATHS.get(frame.name)
        if path is None:
            return Err(id=frame.id, code="unknown_command", retry=False)
        path, body = _fill(path, frame.args)
        headers = {"Idempotency-Key": frame.key} if frame.key else {}
        if frame.ver is not None:
            headers["Paidan-Expected-Version"] = str(frame.ver)
        try:
            async with self._session.post(
                self._url + path, json=body, headers=headers
            ) as response:
                return await _answer(frame.id, response)
        except (ClientError, OSError, ValueError, KeyError):
            return None


def _fill(path: str, args: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Put the subject's id where the path names it; the other arguments are the body."""
    body = dict(args)

    def taken(name: re.Match[str]) -> str:
        return quote(str(body.pop(name[1], "")), safe="")

    return re.sub(r"\{(\w+)\}", taken, path), body


async def _answer(number: int, response: ClientResponse) -> Ok | Err:
    if response.status >= SERVER_ERRORS:  # the server's own failure, or one of what is before it
        return Err(id=number, code="unavailable", retry=True)
    answer: dict[str, Any] = json.loads(await response.text())
    if response.ok:
        return Ok(id=number, d=answer)
    return Err(id=number, code=answer.pop("code"), retry=answer.pop("retryable"), d=answer)
