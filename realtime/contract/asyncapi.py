"""`docs/asyncapi.json`: the protocol as an AsyncAPI 3.0 document, seen from the hub.

`receive` is what clients send to the hub, `send` is what the hub sends to them.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from django.conf import settings

from realtime.codes import CLOSES, ERRORS
from realtime.contract.asyncapi_stream import (
    POLL_ANSWER,
    STREAMED,
    stream_channel,
    stream_operations,
)
from realtime.contract.asyncapi_stream import SECURITY_SCHEMES as STREAM_SECURITY_SCHEMES
from realtime.contract.examples import EXAMPLES
from realtime.contract.schemas import FRAMES, Sender, file_of, tag_of
from realtime.protocol import (
    SUBPROTOCOL,
    Ack,
    Act,
    Auth,
    Cmd,
    CourierPos,
    Drain,
    Err,
    Ev,
    Evs,
    Frame,
    Ok,
    Ping,
    Pong,
    Pos,
    Refresh,
    Seen,
    Snap,
    Sub,
    Subd,
    Unsub,
    Welcome,
)


Document = dict[str, Any]

DESCRIPTION: Final = """Live views of orders, boards, jobs and inboxes: many topics on one socket.

The hub is the application described here: it receives what clients send, and sends what they
receive. Rules of the session, of coming back and of what may change stand in protocol.md.
"""

ANSWERS: Final[dict[type[Frame], tuple[type[Frame], ...]]] = {
    Auth: (Welcome, Err),
    Refresh: (Err,),
    Sub: (Subd, Err),
    Unsub: (),
    Ack: (Err,),
    Seen: (Err,),
    Act: (Err,),
    Cmd: (Ok, Err),
    Pos: (Err,),
    Pong: (),
}
"""Every frame of the client, and what may answer it; no answer to most means: it was taken."""

SENT: Final[tuple[tuple[str, str, tuple[type[Frame], ...]], ...]] = (
    ("admit", "The connection is authorised.", (Welcome,)),
    ("replace", "A topic as it stands.", (Snap,)),
    ("tell", "What has happened, in order.", (Ev, Evs)),
    ("locate", "Where a courier is, now and then.", (CourierPos,)),
    ("refuse", "What was sent is not carried out.", (Err,)),
    ("ask", "Whether the client is there; it answers with `pong`.", (Ping,)),
    ("leave", "The server goes.", (Drain,)),
)
"""What the hub sends by itself: operation, meaning, frames."""


def asyncapi_document() -> Document:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Paidan realtime hub",
            "version": SUBPROTOCOL.rpartition(".")[2].removeprefix("v") + ".0.0",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            **{name: _server(protocol) | WAYS_IN for name, protocol in SOCKET_SERVERS.items()},
            **{name: _server(protocol) for name, protocol in HTTP_SERVERS.items()},
        },
        "channels": {
            "socket": _socket(),
            "stream": stream_channel(_references(STREAMED), [*HTTP_SERVERS]),
        },
        "operations": _operations() | stream_operations([*_references(STREAMED)]),
        "components": {
            "messages": {**_messages(), "poll": POLL_ANSWER},
            "securitySchemes": SECURITY_SCHEMES | STREAM_SECURITY_SCHEMES,
        },
    }


SECURITY_SCHEMES: Final[Document] = {
    "ticket": {
        "type": "apiKey",
        "in": "password",
        "description": "`ticket` of the first frame, `auth`; from POST /api/v1/realtime/ticket.",
    },
    "session": {
        "type": "httpApiKey",
        "in": "cookie",
        "name": settings.SESSION_COOKIE_NAME,
        "description": "The pages' session, from an allowed Origin; then `auth` is not needed.",
    },
}


WAYS_IN: Final[Document] = {
    "protocolVersion": "13",
    "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in SECURITY_SCHEMES],
}
SOCKET_SERVERS: Final = {"plain": "ws", "secure": "wss"}
HTTP_SERVERS: Final = {"plain_http": "http", "secure_http": "https"}


def _server(protocol: str) -> Document:
    return {
        "host": "{host}",
        "protocol": protocol,
        "variables": {"host": {"default": "127.0.0.1:8000", "description": "Name and port."}},
    }


def _references(frames: Iterable[type[Frame]]) -> Document:
    names = [_name("server", frame) for frame in frames]
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _socket() -> Document:
    return {
        "address": "/ws/v1",
        "title": "The socket",
        "description": "JSON text frames; `t` says what a frame is.",
        "servers": [{"$ref": f"#/servers/{name}"} for name in SOCKET_SERVERS],
        "messages": {
            _name(sender, frame): {"$ref": f"#/components/messages/{_name(sender, frame)}"}
            for sender, frames in FRAMES.items()
            for frame in frames
        },
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-subprotocol": SUBPROTOCOL,
        "x-close-codes": [asdict(row) for row in CLOSES.values()],
        "x-error-codes": [asdict(row) for row in ERRORS.values()],
    }


def _operations() -> Document:
    received = {
        f"on_{tag_of(frame)}": _operation("receive", "client", (frame,), _first_line(frame))
        | _reply(answers)
        for frame, answers in ANSWERS.items()
    }
    sent = {name: _operation("send", "server", frames, meaning) for name, meaning, frames in SENT}
    return {**received, **sent}


def _operation(
    action: str, sender: Sender, frames: tuple[type[Frame], ...], summary: str
) -> Document:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/socket"},
        "summary": summary,
        "messages": _uses(sender, frames),
    }


def _reply(frames: tuple[type[Frame], ...]) -> Document:
    if not frames:
        return {}
    channel = {"$ref": "#/channels/socket"}
    return {"reply": {"channel": channel, "messages": _uses("server", frames)}}


def _uses(sender: Sender, frames: tuple[type[Frame], ...]) -> list[Document]:
    return [{"$ref": f"#/channels/socket/messages/{_name(sender, frame)}"} for frame in frames]


def _messages() -> Document:
    return {
        _name(sender, frame): {
            "name": tag_of(frame),
            "title": f"{tag_of(frame)}, from the {sender}",
            "summary": _first_line(frame),
            "contentType": "application/json",
            "payload": {"$ref": f"./schemas/{file_of(sender)}#/$defs/{frame.__name__}"},
            "examples": [{"payload": wire} for wire in EXAMPLES[frame]],
        }
        for sender, frames in FRAMES.items()
        for frame in frames
    }


def _name(sender: Sender, frame: type[Frame]) -> str:
    return f"{sender}_{tag_of(frame)}"


def _first_line(frame: type[Frame]) -> str:
    return " ".join((frame.__doc__ or "").split())
