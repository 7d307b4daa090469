"""Both ways of a command over HTTP, asked the same and their answers side by side."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application
from django.db import connections

from core.api.edge import Application, CommandEdge, Message, Receive, Scope, Send


OWN = {b"paidan-time", b"paidan-request"}
"""Headers in which no two answers are alike."""
NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Reply:
    """What came back, without what must differ."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes
    own: frozenset[bytes] = field(default=frozenset())

    def json(self) -> Any:
        return json.loads(self.body)


def scope_of(path: str, headers: Mapping[str, str], method: str = "POST") -> Scope:
    """Make what a server says of a request."""
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(k.lower().encode(), v.encode("latin1")) for k, v in headers.items()],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 50000),
    }


async def _ask(application: Application, scope: Scope, body: bytes) -> Reply:
    said: list[Message] = []
    # In two parts, as a slow client sends it.
    parts = [(body[:5], True), (body[5:], False)]

    async def receive() -> Message:
        part, more = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": more}

    async def send(message: Message) -> None:
        said.append(message)

    await application(scope, receive, send)
    headers = said[0]["headers"]
    return Reply(
        status=said[0]["status"],
        headers={name: value for name, value in headers if name not in OWN},
        body=b"".join(message["body"] for message in said[1:]),
        own=frozenset(name for name, _ in headers) & OWN,
    )


@dataclass
class Edges:
    """Django's way, and the short one in front of it."""

    django: Application
    executor: ThreadPoolExecutor
    handed_on: int = 0
    """Requests that the short way left to Django."""

    def long(self, path: str, body: bytes = b"", headers: Mapping[str, str] = NONE) -> Reply:
        """Ask Django."""
        return self._ask(self.django, path, body, headers)

    def short(self, path: str, body: bytes = b"", headers: Mapping[str, str] = NONE) -> Reply:
        """Ask the short way."""

        async def others(scope: Scope, receive: Receive, send: Send) -> None:
            self.handed_on += 1
            await self.django(scope, receive, send)

        return self._ask(CommandEdge(others, executor=self.executor), path, body, headers)

    def _ask(
        self, application: Application, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Reply:
        usual = {"Host": "testserver", "Content-Length": str(len(body))}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(_ask(application, scope_of(path, usual | named), body))


@contextmanager
def open_edges() -> Iterator[Edges]:
    """Serve on one thread with a database connection of its own."""
    application: Any = get_wsgi_application()
    django: Any = WSGIMiddleware(application, workers=1)
    executor: ThreadPoolExecutor = django.executor
    try:
        yield Edges(django=django, executor=executor)
    finally:
        executor.submit(connections.close_all).result()
        executor.shutdown()
