"""`docs/protocol.md`, made from the frame classes and the tables of codes."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel

from realtime.codes import CLOSES, ERRORS
from realtime.protocol import (
    BAD_FRAMES,
    CLIENT_FRAMES,
    FRAME_BYTES,
    SERVER_FRAMES,
    SUBPROTOCOL,
    EventBody,
    Position,
    SnapRow,
)
from realtime.resume import REPLAY_LIMIT


VALUES: Final[tuple[type[BaseModel], ...]] = (Position, EventBody, SnapRow)

HEAD: Final = f"""\
# The socket protocol, `{SUBPROTOCOL}`

<!-- Made by `manage.py write_protocol`; change `realtime/protocol.py` instead. -->

One WebSocket a device at `/ws/v1`, JSON text frames, any number of topics. A frame's `t` says
what it is; unknown members are refused. A client's frame, and one part of a snapshot, has at
most {FRAME_BYTES // 1024} KiB; {BAD_FRAMES} bad frames in a row close the socket.

## What is promised

At least once, in order a topic, without a gap while the database is up. A client keeps that
promise with four rules:

1. Keep `(epoch, seq)` of each topic; after a reconnect, `sub` with it as `since`.
2. `p` of an event is the `seq` sent before it on this subscription. If that is not the last one
   you have, something is missing: `sub` again with `since`.
3. Apply an event only if its `ver` is newer than the row's; `d` is the whole new view of it.
4. A `snap` replaces all rows of its topic once the part with `last` has come.

A position is recovered when it is of the same epoch, not of the future, not older than what
retention keeps, and at most {REPLAY_LIMIT} events behind; otherwise a snapshot is sent, never a
part.

## Topics

| topic | audience | who may join |
|---|---|---|
| `merchant:<id>` | the shop's board; what has ended stays for 30 minutes | its staff, operators |
| `order:<id>` | one order | its customer, the shop's staff, its courier on the way, operators |
| `courier:<id>` | offers and legs; rows leave once `open` is false | that courier, operators |
| `user:<id>` | inbox; rows leave once `open` is false | that person |
| `zone:<id>` | operators' console; a new `snap` a second at most, `seq` is 0 | operators |

What is not yours does not exist: the answer is `err` with `not_found`.
"""


def protocol_document() -> str:
    """Text of the document."""
    parts = [
        HEAD,
        "## Frames of the client\n",
        *(_frame(frame) for frame in CLIENT_FRAMES),
        "## Frames of the server\n",
        *(_frame(frame) for frame in SERVER_FRAMES),
        "## Values inside frames\n",
        *(_value(value) for value in VALUES),
        "## Error codes\n\nA refused command carries its own error's code, as over HTTP.\n",
        _table("code|meaning|retry", ((e.code, e.meaning, e.retry) for e in ERRORS.values())),
        "## Close codes\n\nThe client comes back with full jitter, or never.\n",
        _table(
            "code|name|meaning|come back",
            ((c.code, c.name, c.meaning, c.retry) for c in CLOSES.values()),
        ),
    ]
    return "\n".join(parts)


def _frame(frame: type[BaseModel]) -> str:
    kind = frame.model_fields["t"].default
    return f"### `{kind}`\n\n{_described(frame, skip='t')}"


def _value(value: type[BaseModel]) -> str:
    return f"### {value.__name__}\n\n{_described(value)}"


def _described(model: type[BaseModel], *, skip: str = "") -> str:
    sentences = (model.__doc__ or "").strip()
    schema = model.model_json_schema()
    required = schema.get("required", [])
    rows = [
        (f"`{name}`", _type(member), name in required)
        for name, member in schema["properties"].items()
        if name != skip
    ]
    return f"{sentences}\n\n{_table('member|type|required', rows)}" if rows else f"{sentences}\n"


def _type(member: dict[str, Any]) -> str:
    match member:
        case {"$ref": reference}:
            return str(reference).rpartition("/")[2]
        case {"anyOf": choices}:
            return " or ".join(map(_type, choices))
        case {"type": "array", "items": items}:
            return f"array of {_type(items)}"
        case {"type": kind}:
            return str(kind)
    return "any"


def _table(head: str, rows: Iterable[tuple[object, ...]]) -> str:
    columns = head.split("|")
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
