"""The frames of `paidan.v1`: one frozen class each, decoded once.

Everything here is pure. A frame's docstring is its rule; `docs/protocol.md` and the schemas are
made from this file and `realtime.codes`, and a test keeps them true.
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError


SUBPROTOCOL: Final = "paidan.v1"
FRAME_BYTES: Final = 64 * 1024
"""Most bytes of a client's frame, and of one part of a snapshot."""
BAD_FRAMES: Final = 3
"""Bad frames in a row that end the connection."""

Id = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""Chosen by the client, echoed in the answer; a whole number that JavaScript can hold."""
TopicText = Annotated[str, Field(max_length=64)]


class Frame(BaseModel):
    """Base of every frame: immutable, and nothing that its reader at the server does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sender: ClassVar[Literal["client", "server"]]


class Position(BaseModel):
    """Where in a topic's stream somebody stands; an epoch names one life of the database."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    epoch: str = Field(max_length=16)
    seq: int = Field(ge=0)


class ClientFrame(Frame):
    """A frame that a client sends; text is no number, and a number no text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sender = "client"


class Auth(ClientFrame):
    """The first frame, within 5 s. The ticket comes from `POST /api/v1/realtime/ticket`."""

    t: Literal["auth"] = "auth"
    ticket: str = Field(max_length=512)
    caps: tuple[Annotated[str, Field(max_length=32)], ...] = Field(default=(), max_length=16)


class Refresh(ClientFrame):
    """Renews the lease in band with a fresh ticket; every subscription is authorised again."""

    t: Literal["refresh"] = "refresh"
    ticket: str = Field(max_length=512)


class Sub(ClientFrame):
    """Joins a topic; without `since` the client wants a snapshot."""

    t: Literal["sub"] = "sub"
    id: Id
    topic: TopicText
    since: Position | None = None


class Unsub(ClientFrame):
    """Leaves a topic."""

    t: Literal["unsub"] = "unsub"
    topic: TopicText


class Ack(ClientFrame):
    """The device has everything up to `seq`; at most every 500 ms, for a `crit` event at once."""

    t: Literal["ack"] = "ack"
    topic: TopicText
    seq: int = Field(ge=0)


Receipts = Annotated[
    tuple[Annotated[str, Field(max_length=64)], ...], Field(min_length=1, max_length=100)
]


class Seen(ClientFrame):
    """A person saw what these receipts name."""

    t: Literal["seen"] = "seen"
    r: Receipts


class Act(ClientFrame):
    """A person acknowledged what these receipts name; escalation stops on every device."""

    t: Literal["act"] = "act"
    r: Receipts


class Cmd(ClientFrame):
    """A command, the same as over HTTP; `key` is its idempotency key, `ver` the version seen."""

    t: Literal["cmd"] = "cmd"
    id: Id
    name: str = Field(max_length=64)
    args: dict[str, Any] = Field(default_factory=dict)
    key: str | None = Field(default=None, min_length=1, max_length=128)
    ver: int | None = Field(default=None, ge=0)


class Pos(ClientFrame):
    """A courier's position in degrees and metres; at most one a second is accepted."""

    t: Literal["pos"] = "pos"
    lat: float = Field(ge=-90, le=90)
    lng: float = Field(ge=-180, le=180)
    acc: float | None = Field(default=None, ge=0)
    at: str = Field(max_length=40)


class Health(BaseModel):
    """How well a board or a courier's device can alert; each member optional."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    battery: float | None = Field(default=None, ge=0, le=1)
    charging: bool | None = None
    sound: bool | None = None
    """Whether the browser lets the page make noise."""
    hidden: bool | None = None
    """Whether the tab is covered."""


class StreamHealth(Health):
    """The same of a device that has a stream and no socket; `conn` is the one of its `welcome`."""

    conn: UUID


class Pong(ClientFrame):
    """Answers a `ping` at once, never from a timer: background tabs slow timers down.

    A board or a courier's device adds its health when it has changed, or always.
    """

    t: Literal["pong"] = "pong"
    health: Health | None = None


class ServerFrame(Frame):
    """A frame that the server sends; a client overlooks members it does not know yet."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sender = "server"


class Welcome(ServerFrame):
    """The connection is authorised for `lease_s` seconds."""

    t: Literal["welcome"] = "welcome"
    conn: str
    user: str
    lease_s: int
    ping_s: int
    server_time: str


class Subd(ServerFrame):
    """Answers `sub`. Recovered: exactly `count` events follow. Otherwise a `snap` follows."""

    t: Literal["subd"] = "subd"
    id: Id
    topic: str
    epoch: str
    seq: int
    recovered: bool
    count: int


class SnapRow(BaseModel):
    """One thing as the audience sees it at version `ver`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    key: str
    ver: int
    d: dict[str, Any]


class Snap(ServerFrame):
    """Part `part` of the topic as of `seq`: it replaces what the client had once `last` came."""

    t: Literal["snap"] = "snap"
    topic: str
    epoch: str
    seq: int
    part: int
    last: bool
    rows: tuple[SnapRow, ...]


class EventBody(BaseModel):
    """A fact: `d` is the audience's whole new view; apply it only if `ver` is newer."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    topic: str
    p: int
    seq: int
    key: str
    ver: int
    type: str
    at: str
    actor: dict[str, Any]
    crit: str | None = None
    d: dict[str, Any]


class Ev(ServerFrame, EventBody):
    """One event; if `p` is not the client's last `seq` of the topic, it must `sub` again."""

    t: Literal["ev"] = "ev"


class Evs(ServerFrame):
    """Several events in one frame, when there is a backlog."""

    t: Literal["evs"] = "evs"
    evs: tuple[EventBody, ...]


class Ok(ServerFrame):
    """The command was carried out."""

    t: Literal["ok"] = "ok"
    id: Id
    d: dict[str, Any]


class Err(ServerFrame):
    """The frame with this `id` was refused; `retry` says whether the same may succeed later."""

    t: Literal["err"] = "err"
    id: Id | None = None
    code: str
    retry: bool
    d: dict[str, Any] = Field(default_factory=dict)


class CourierPos(ServerFrame):
    """Where a courier is: not sequenced, never stored, skipped when the reader is slow."""

    t: Literal["pos"] = "pos"
    topic: str
    courier: str
    lat: float
    lng: float
    at: str


class Ping(ServerFrame):
    """Sent every `ping_s` seconds; no frame at all until the next one closes 4012."""

    t: Literal["ping"] = "ping"


class Drain(ServerFrame):
    """Keep the socket until it closes, then come back in `retry_ms`, counted from the close.

    Sent by a server that is leaving, whose close 4001 follows within a minute and which answers
    until then; and before every close 4029. Over HTTP it is `503` with `Retry-After`.
    """

    t: Literal["drain"] = "drain"
    retry_ms: int


AnyClientFrame = Auth | Refresh | Sub | Unsub | Ack | Seen | Act | Cmd | Pos | Pong
AnyServerFrame = Welcome | Subd | Snap | Ev | Evs | Ok | Err | CourierPos | Ping | Drain

CLIENT_FRAMES: Final[tuple[type[Frame], ...]] = (
    Auth,
    Refresh,
    Sub,
    Unsub,
    Ack,
    Seen,
    Act,
    Cmd,
    Pos,
    Pong,
)
SERVER_FRAMES: Final[tuple[type[Frame], ...]] = (
    Welcome,
    Subd,
    Snap,
    Ev,
    Evs,
    Ok,
    Err,
    CourierPos,
    Ping,
    Drain,
)

_client: Final[TypeAdapter[AnyClientFrame]] = TypeAdapter(
    Annotated[AnyClientFrame, Field(discriminator="t")]
)
_server: Final[TypeAdapter[AnyServerFrame]] = TypeAdapter(
    Annotated[AnyServerFrame, Field(discriminator="t")]
)


class BadFrame(ValueError):
    """The text is no frame of this protocol; `where` says which part, never what it held."""

    def __init__(self, where: Sequence[str]) -> None:
        """Keep the places that are wrong."""
        super().__init__(", ".join(where))
        self.where = list(where)


def decode(text: str) -> AnyClientFrame:
    """Parse a client's frame.

    :raises BadFrame: when it is not one.
    """
    try:
        return _client.validate_json(text)
    except ValidationError as error:
        raise BadFrame(_places(error)) from None


def decode_server(text: str | bytes) -> AnyServerFrame:
    """Parse a server's frame, for clients.

    :raises BadFrame: when it is not one.
    """
    try:
        return _server.validate_json(text)
    except ValidationError as error:
        raise BadFrame(_places(error)) from None


def encode(frame: Frame) -> str:
    """Text of a frame, without members that are absent."""
    return frame.model_dump_json(exclude_none=True)


def _places(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [f"{'.'.join(map(str, each['loc'])) or 'frame'}: {each['type']}" for each in found[:5]]
