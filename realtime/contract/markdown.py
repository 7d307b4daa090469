"""`docs/protocol.md`, made from the frame classes, the catalogue and the tables of codes."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel

from core.events.catalogue import CATALOGUE, EventType
from realtime.codes import CLOSES, ERRORS
from realtime.contract import chapters, streams
from realtime.contract.events import topics_of
from realtime.contract.examples import EXAMPLES, SESSION, Wire
from realtime.contract.refusals import get_refusals
from realtime.contract.schemas import FRAMES, Schema, Sender, schema_document, tag_of


BOUNDS: Final = {
    "minLength": "at least {} long",
    "maxLength": "at most {} long",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "minimum": "from {}",
    "maximum": "to {}",
}


def protocol_document() -> str:
    """Text of the document."""
    return "\n".join(
        [
            *(chapters.HEAD, chapters.SESSION_HEAD, _session()),
            *(chapters.RESUME, streams.STREAMS, streams.SHARES),
            *(chapters.LIMITS, chapters.LEAVING),
            *(chapters.TOPICS, chapters.VERSIONS),
            *("## Frames of the client\n", *_frames("client")),
            *("## Frames of the server\n", *_frames("server")),
            *("## Values inside frames\n", *_values()),
            *(chapters.EVENTS, _table("type|meaning|topics", _event_rows())),
            *(chapters.ERRORS_HEAD, _table("code|meaning|retry", _error_rows())),
            *(chapters.REFUSALS_HEAD, _table("code|status|title|retry", _refusal_rows())),
            chapters.CLOSES_HEAD,
            _table("code|name|meaning|come back", _close_rows()),
        ]
    )


def _session() -> str:
    lines = [
        f"{'C>S' if sender == 'client' else 'S>C'}  {_text(wire)}" for sender, wire in SESSION
    ]
    return "\n".join(["```", *lines, "```", ""])


def _frames(sender: Sender) -> Iterator[str]:
    definitions = schema_document(sender)["$defs"]
    for frame in FRAMES[sender]:
        definition = definitions[frame.__name__]
        yield f"### `{tag_of(frame)}`\n\n{_described(frame, definition)}"
        yield "\n".join(["```json", *map(_text, EXAMPLES[frame]), "```", ""])


def _values() -> Iterator[str]:
    named = {frame.__name__ for frames in FRAMES.values() for frame in frames}
    values: dict[str, Schema] = {}
    for sender in FRAMES:
        values |= schema_document(sender)["$defs"]
    for name in sorted(values.keys() - named):
        yield f"### {name}\n\n{_members(values[name])}"


def _described(frame: type[BaseModel], definition: Schema) -> str:
    sentences = (frame.__doc__ or "").strip()
    return f"{sentences}\n\n{table}" if (table := _members(definition)) else f"{sentences}\n"


def _members(definition: Schema) -> str:
    rows = [
        (f"`{name}`", _type(member), name in definition.get("required", ()))
        for name, member in definition["properties"].items()
        if name != "t"
    ]
    return _table("member|type|required", rows) if rows else ""


def _type(member: Schema) -> str:
    match member:
        case {"$ref": reference}:
            return str(reference).rpartition("/")[2]
        case {"anyOf": choices}:
            return " or ".join(map(_type, choices))
        case {"type": "array", "items": items}:
            kind = f"array of {_type(items)}"
        case {"type": name}:
            kind = str(name)
        case _:
            return "any"
    bounds = [said.format(member[word]) for word, said in BOUNDS.items() if word in member]
    return ", ".join([kind, *bounds])


def _event_rows() -> Iterator[tuple[object, ...]]:
    for kind in CATALOGUE.values():
        yield f"`{kind.name}`", kind.meaning, _topics(kind)


def _topics(kind: EventType) -> str:
    named = [
        f"**{topic.value}**" if topic in kind.critical_for else topic.value
        for topic in topics_of(kind)
    ]
    return ", ".join(named) or "none"


def _error_rows() -> Iterator[tuple[object, ...]]:
    return ((f"`{row.code}`", row.meaning, row.retry) for row in ERRORS.values())


def _refusal_rows() -> Iterator[tuple[object, ...]]:
    for kind in get_refusals():
        yield f"`{kind.code}`", kind.status, kind.title, kind.retryable


def _close_rows() -> Iterator[tuple[object, ...]]:
    return ((row.code, row.name, row.meaning, row.retry) for row in CLOSES.values())


def _text(wire: Wire) -> str:
    return json.dumps(wire, ensure_ascii=False, separators=(",", ":"))


def _table(head: str, rows: Iterable[tuple[Any, ...]]) -> str:
    columns = head.split("|")
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
