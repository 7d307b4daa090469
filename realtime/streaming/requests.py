"""What a request to `/api/v1/stream` asks for, read from its ASGI scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from core.errors import NotFound
from core.gate.run import ValidationFailed
from realtime.cursors import TOPICS, read_cursor
from realtime.protocol import Position
from realtime.topics import Topic, parse_topic


PATH: Final = "/api/v1/stream"
WAIT_SECONDS: Final = 25.0
"""How long a poll waits unless it says otherwise: less than proxies and mobile networks do."""
MOST_WAIT_SECONDS: Final = 55.0
TICKET_CHARACTERS: Final = 512
"""Longest ticket that is looked at."""
_FIELDS: Final = 64

Headers = Mapping[bytes, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What came along to tell who asks; the first that is present counts."""

    ticket: str | None
    headers: Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRequest:
    """One stream or one poll."""

    topics: tuple[Topic, ...]
    since: Mapping[str, Position]
    is_resumed: bool
    """Whether a cursor came along."""
    wants_events: bool
    """Server-sent events instead of one answer."""
    wait_seconds: float
    credentials: Credentials


def read_request(scope: Mapping[str, Any]) -> StreamRequest:
    """Read the query and the headers.

    :raises ValidationFailed: when the query has the wrong shape.
    :raises realtime.cursors.BadCursor: when its cursor has.
    :raises core.errors.NotFound: when a topic is none.
    """
    headers = {name: value.decode("latin1") for name, value in scope["headers"]}
    query = _read_query(scope["query_string"])
    cursor = headers.get(b"last-event-id") or _one(query, "since", "")
    ticket = _one(query, "ticket", "")
    if len(ticket) > TICKET_CHARACTERS:
        raise _refuse("ticket", "too long")
    return StreamRequest(
        topics=_read_topics(query.get("topic", [])),
        since=read_cursor(cursor) if cursor else {},
        is_resumed=bool(cursor),
        wants_events="text/event-stream" in headers.get(b"accept", ""),
        wait_seconds=_read_wait(_one(query, "wait", str(WAIT_SECONDS))),
        credentials=Credentials(ticket=ticket or None, headers=headers),
    )


def _read_query(text: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(text.decode("latin1"), max_num_fields=_FIELDS)
    except ValueError:
        raise _refuse("query", "too many members") from None


def _read_topics(names: list[str]) -> tuple[Topic, ...]:
    if not 0 < len(names) <= TOPICS or len(set(names)) < len(names):
        raise _refuse("topic", f"1 to {TOPICS} different topics")
    return tuple(map(_read_topic, names))


def _read_topic(name: str) -> Topic:
    try:
        return parse_topic(name)
    except NotFound:
        raise NotFound(topic=name) from None  # which of them it was


def _read_wait(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= MOST_WAIT_SECONDS:
        raise _refuse("wait", f"0 to {MOST_WAIT_SECONDS:.0f} seconds")
    return seconds


def _one(query: Mapping[str, list[str]], name: str, default: str) -> str:
    values = query.get(name, [default])
    if len(values) > 1:
        raise _refuse(name, "once at most")
    return values[0]


def _refuse(name: str, message: str) -> ValidationFailed:
    return ValidationFailed(errors=[{"loc": ["query", name], "msg": message}])
