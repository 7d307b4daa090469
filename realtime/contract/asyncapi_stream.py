"""The stream over HTTP in the AsyncAPI document: one channel, read as events or by polls."""

from typing import Any, Final

from realtime.contract.examples import BOARD, EPOCH, EV
from realtime.contract.schemas import file_of
from realtime.cursors import TOPICS, topic_code, write_cursor
from realtime.protocol import SERVER_FRAMES, Frame, Ok
from realtime.streaming.requests import MOST_WAIT_SECONDS, PATH, WAIT_SECONDS
from realtime.topics import parse_topic


Part = dict[str, Any]

STREAMED: Final[tuple[type[Frame], ...]] = tuple(
    frame for frame in SERVER_FRAMES if frame is not Ok
)
"""Frames that come over HTTP: all but the answers to commands."""

SECURITY_SCHEMES: Final[Part] = {
    "query_ticket": {
        "type": "httpApiKey",
        "in": "query",
        "name": "ticket",
        "description": "The same tickets as for the socket; for programs that set no headers.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token of the HTTP API."},
}

CURSOR: Final = write_cursor([(topic_code(parse_topic(BOARD)), EV["seq"], EPOCH)])
POLL_ANSWER: Final[Part] = {
    "name": "poll",
    "title": "answer to a poll",
    "summary": "What came since the cursor of the request, and the cursor to go on from.",
    "contentType": "application/json",
    "payload": {
        "type": "object",
        "required": ["cursor", "frames"],
        "properties": {
            "cursor": {"type": "string"},
            "frames": {
                "type": "array",
                "items": {"$ref": f"./schemas/{file_of('server')}"},
            },
        },
    },
    "examples": [{"payload": {"cursor": CURSOR, "frames": [EV]}}],
}

QUERY: Final[Part] = {
    "type": "object",
    "required": ["topic"],
    "properties": {
        "topic": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": TOPICS,
            "description": "Repeated, once for each topic.",
        },
        "since": {"type": "string", "description": "Cursor; `Last-Event-ID` comes before it."},
        "ticket": {"type": "string"},
    },
}
WAIT: Final[Part] = {
    "type": "number",
    "minimum": 0,
    "maximum": MOST_WAIT_SECONDS,
    "description": f"Seconds to wait for news; {WAIT_SECONDS:g} unless given.",
}


def stream_channel(frames: Part, servers: list[str]) -> Part:
    """The channel; `frames` are references to its messages by name."""
    return {
        "address": PATH,
        "title": "The stream over HTTP",
        "description": "The same frames where a WebSocket does not get through.",
        "servers": [{"$ref": f"#/servers/{name}"} for name in servers],
        "messages": {**frames, "poll": {"$ref": "#/components/messages/poll"}},
    }


def stream_operations(frame_names: list[str]) -> Part:
    """How it is read."""
    polled = {**QUERY, "properties": {**QUERY["properties"], "wait": WAIT}}
    return {
        "follow": _operation(
            "Server-sent events: `id` is the cursor, `data` one frame.", frame_names, QUERY
        ),
        "poll": _operation("One answer, as soon as there is something.", ["poll"], polled),
    }


def _operation(summary: str, names: list[str], query: Part) -> Part:
    return {
        "action": "send",
        "channel": {"$ref": "#/channels/stream"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/stream/messages/{name}"} for name in names],
        "security": [
            {"$ref": f"#/components/securitySchemes/{name}"}
            for name in (*SECURITY_SCHEMES, "session")
        ],
        "bindings": {"http": {"method": "GET", "query": query, "bindingVersion": "0.3.0"}},
    }
