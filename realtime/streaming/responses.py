"""What `/api/v1/stream` answers with: headers, problems, and the ASGI messages of both."""

import math
from collections.abc import Iterable
from typing import Any, Final

from core import clock
from core.api.problems import problem_response
from core.errors import PaidanError
from realtime.transports import Message, Send


LEAVES_BUFFERS: Final = ((b"cache-control", b"no-store"), (b"x-accel-buffering", b"no"))
"""No cache keeps it, and no proxy holds it back until it has more."""
METHOD: Final = "GET"
METHOD_NOT_ALLOWED: Final = 405


class TooManyConnections(PaidanError):
    """The person has as many connections as one may have."""

    code = "connection_limit"
    title = "Too many connections; close one first."
    status = 429


class Overloaded(PaidanError):
    """Too many come at once, or the process is leaving; `retry_ms` says when to come back."""

    code = "overload"
    title = "Too many at once; come back later."
    status = 503
    retryable = True


def start_of(status: int, content_type: str, more: Iterable[tuple[bytes, bytes]] = ()) -> Message:
    """Return the message that begins a response."""
    headers = [
        (b"content-type", content_type.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"paidan-time", clock.now().isoformat().encode()),
        *LEAVES_BUFFERS,
        *more,
    ]
    return {"type": "http.response.start", "status": status, "headers": headers}


def body_of(body: bytes, *, more: bool = False) -> Message:
    """Return a message with a part of the body."""
    return {"type": "http.response.body", "body": body, "more_body": more}


def whole(status: int, content_type: str, body: bytes) -> tuple[Message, Message]:
    """Return both messages of a response that is known to its end."""
    length = (b"content-length", str(len(body)).encode())
    return start_of(status, content_type, [length]), body_of(body)


def problem(error: PaidanError, *, method: str = METHOD) -> tuple[Message, Message]:
    """Return both messages of a problem document, the same as the API gives."""
    response = problem_response(error)
    if "retry_ms" in error.extra:
        response["Retry-After"] = str(math.ceil(error.extra["retry_ms"] / 1000))
    if error.status == METHOD_NOT_ALLOWED:
        response["Allow"] = METHOD
    more = [
        (name.lower().encode(), value.encode())
        for name, value in response.items()
        if name != "Content-Type"
    ]
    length = (b"content-length", str(len(response.content)).encode())
    body = b"" if method == "HEAD" else response.content
    return start_of(error.status, response["Content-Type"], [*more, length]), body_of(body)


async def send_all(send: Send, messages: Iterable[dict[str, Any]]) -> None:
    """Send messages one after the other."""
    for message in messages:
        await send(message)
