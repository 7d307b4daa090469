"""The stream over HTTP in the OpenAPI document: it is served beside the URL map, by no view."""

from collections.abc import Iterable
from typing import Any, Final

from core.api.api import Beside
from core.api.problems import (
    CONTENT_TYPE,
    DatabaseUnavailable,
    MethodNotAllowed,
    Unauthenticated,
)
from core.errors import NotFound, PaidanError
from core.gate.run import ValidationFailed
from realtime.contract.schemas import file_of
from realtime.cursors import CURSOR_CHARACTERS, TOPICS, BadCursor
from realtime.streaming import events, polls
from realtime.streaming.requests import (
    MOST_WAIT_SECONDS,
    PATH,
    TICKET_CHARACTERS,
    WAIT_SECONDS,
)
from realtime.streaming.responses import METHOD, Overloaded, TooManyConnections


Part = dict[str, Any]

REFUSALS: Final[tuple[type[PaidanError], ...]] = (
    Unauthenticated,
    NotFound,
    MethodNotAllowed,
    BadCursor,
    ValidationFailed,
    TooManyConnections,
    DatabaseUnavailable,
    Overloaded,
)
"""Everything that is said instead of the first frame."""

DESCRIPTION: Final = """\
The frames of `/ws/v1` where a WebSocket does not get through; what they mean stands in
[the protocol](/api/docs/protocol.md). With `Accept: text/event-stream` it is a response without
end, each frame one message with the cursor as its `id`; with anything else one answer, as soon as
there is something.
"""


def stream_beside() -> Beside:
    """What the document of the HTTP API says of it."""
    return Beside(
        paths={PATH: {METHOD.lower(): _operation()}},
        schemas={"StreamAnswer": _answer()},
        security_schemes={"Ticket": {"type": "apiKey", "in": "query", "name": "ticket"}},
    )


def _operation() -> Part:
    return {
        "operationId": "stream",
        "summary": "Follow topics without a socket",
        "description": DESCRIPTION,
        "tags": ["realtime"],
        "security": [{"Ticket": []}, {"TokenAuth": []}, {"SessionAuth": []}],
        "parameters": list(_parameters()),
        "responses": {"200": _success(), **_refusals()},
    }


def _parameters() -> Iterable[Part]:
    text = {"type": "string"}
    topics = {"type": "array", "items": text, "minItems": 1, "maxItems": TOPICS}
    cursor = text | {"maxLength": CURSOR_CHARACTERS}
    ticket = text | {"maxLength": TICKET_CHARACTERS}
    wait = {"type": "number", "minimum": 0, "maximum": MOST_WAIT_SECONDS, "default": WAIT_SECONDS}
    yield _parameter("query", "topic", topics, "Repeated, once for each topic.") | {
        "required": True,
        "explode": True,
    }
    yield _parameter("query", "since", cursor, "Cursor to go on from.")
    yield _parameter("header", "Last-Event-ID", cursor, "The same; it comes before `since`.")
    yield _parameter("query", "ticket", ticket, "Of `POST /api/v1/realtime/ticket`.")
    yield _parameter("query", "wait", wait, "Seconds that one answer may wait for news.")


def _parameter(place: str, name: str, schema: Part, meaning: str) -> Part:
    return {"in": place, "name": name, "schema": schema, "description": meaning}


def _success() -> Part:
    answer = {"$ref": "#/components/schemas/StreamAnswer"}
    return {
        "description": "Frames, and where to go on from.",
        "content": {
            polls.CONTENT_TYPE.partition(";")[0]: {"schema": answer},
            events.CONTENT_TYPE: {"schema": {"type": "string"}},
        },
    }


def _answer() -> Part:
    return {
        "title": "StreamAnswer",
        "type": "object",
        "required": ["cursor", "frames"],
        "properties": {
            "cursor": {"type": "string", "description": "Opaque; the next `since`."},
            "frames": {
                "type": "array",
                "items": {"type": "object"},
                "description": f"Each as /api/docs/schemas/{file_of('server')} says.",
            },
        },
    }


def _refusals() -> dict[str, Part]:
    """A response for each status, which names the codes that come with it."""
    by_status: dict[int, list[type[PaidanError]]] = {}
    for error in REFUSALS:
        by_status.setdefault(error.status, []).append(error)
    return {str(status): _refusal(by_status[status]) for status in sorted(by_status)}


def _refusal(errors: Iterable[type[PaidanError]]) -> Part:
    lines = [f"`{error.code}`: {error.title}" for error in errors]
    again = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return {
        "headers": again if any(error.retryable for error in errors) else {},
        "description": "\n\n".join(lines),
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
