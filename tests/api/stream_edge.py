"""Asks `/api/v1/stream`, which no view serves, inside the test's own transaction."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from asgiref.sync import async_to_sync, sync_to_async

from realtime.hub import Hub
from realtime.streaming import asgi
from realtime.streaming.requests import PATH


NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


async def _here(function: Callable[..., Any], *args: Any) -> Any:
    """Run a blocking call on the test's own thread and connection."""
    return await sync_to_async(function)(*args)


def ask_stream(
    query: Mapping[str, str],
    *,
    method: str = "GET",
    headers: Mapping[str, str] = NONE,
    hub: Hub | None = None,
) -> Reply:
    """Ask as a server would; of what is refused only, for a stream needs more than this."""
    scope = {
        "type": "http",
        "path": PATH,
        "method": method,
        "query_string": urlencode(query).encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    with patch.object(asgi, "in_database", _here), patch.object(Hub, "start"):
        begun, *bodies = async_to_sync(_ask)(hub or Hub(), scope)
    return Reply(
        status_code=begun["status"],
        headers={name.decode(): value.decode() for name, value in begun["headers"]},
        body=b"".join(each["body"] for each in bodies),
    )


async def _ask(hub: Hub, scope: dict[str, Any]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def others(*_: object) -> None:
        raise AssertionError

    await asgi.beside(others, hub)(scope, receive, send)
    return sent
