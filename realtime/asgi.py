"""The plain ASGI application behind `/ws/v1`: accepts a socket and hands it to a connection."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from core.leaving import leaving
from realtime.authorisation import may_use_cookie
from realtime.codes import OVERLOAD
from realtime.connection import Connection
from realtime.database import in_database
from realtime.door import get_visitor_by_session
from realtime.drain import drain
from realtime.hub import Hub, hub
from realtime.protocol import SUBPROTOCOL, Drain, encode
from realtime.transports import Message, Receive, Send, wire_of
from realtime.visitors import Visitor


PATH = "/ws/v1"
WITH_TICKET = b"auth=ticket"
"""Query of a page of ours that comes with a ticket and not as whoever is logged in."""

Scope = dict[str, Any]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def application_of(served_by: Hub) -> Application:
    """Return the websocket application of a hub, which leaves when the process does."""
    leaving.first(partial(drain, served_by))

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await _serve(served_by, scope, receive, send)

    return application


websocket_application = application_of(hub)


async def _serve(served_by: Hub, scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    if scope["path"].rstrip("/") != PATH:
        await send({"type": "websocket.close"})
        return
    served_by.start()
    accept: Message = {"type": "websocket.accept"}
    if SUBPROTOCOL in scope.get("subprotocols", ()):
        accept["subprotocol"] = SUBPROTOCOL
    retry_ms = served_by.admission.ask()
    if retry_ms is None:
        try:
            known = await _known_visitor(scope)
        except DatabaseError:
            retry_ms = served_by.admission.turn_away()
    if retry_ms is not None:
        served_by.close_counts[OVERLOAD] += 1
        await _turn_away(send, accept, retry_ms)
        return
    wire = wire_of(scope, send)
    await send(accept)
    await Connection(served_by, wire).run(receive, known=known)


async def _turn_away(send: Send, accept: Message, retry_ms: int) -> None:
    """Refuse as cheaply as a browser can be told: it sees nothing of a refused handshake."""
    await send(accept)
    await send({"type": "websocket.send", "text": encode(Drain(retry_ms=retry_ms))})
    await send({"type": "websocket.close", "code": OVERLOAD})


async def _known_visitor(scope: Scope) -> Visitor | None:
    """Who the session cookie that came along belongs to, if the page that sent it is ours.

    A page that will show a ticket says so: the browser sends the cookie whether it counts or not.
    """
    if scope["query_string"] == WITH_TICKET:
        return None
    headers = {name: value.decode("latin1") for name, value in scope["headers"]}
    cookies = headers.get(b"cookie", "")
    if settings.SESSION_COOKIE_NAME not in cookies:
        return None
    trusted = settings.CSRF_TRUSTED_ORIGINS
    if not may_use_cookie(headers.get(b"origin"), headers.get(b"host"), trusted):
        return None
    return await in_database(get_visitor_by_session, cookies)
