"""The protocol's tables of codes: what an `err` frame says, and why a socket is closed.

Everything here is pure; `docs/protocol.md` is made from it.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code of an `err` frame that the connection itself gives."""

    code: str
    meaning: str
    retry: bool


@dataclass(frozen=True, slots=True)
class CloseCode:
    """One code the server closes with; `retry` says whether the client may come back."""

    code: int
    name: str
    meaning: str
    retry: bool


def _errors(*rows: ErrorCode) -> MappingProxyType[str, ErrorCode]:
    return MappingProxyType({row.code: row for row in rows})


def _closes(*rows: CloseCode) -> MappingProxyType[int, CloseCode]:
    return MappingProxyType({row.code: row for row in rows})


ERRORS: Final = _errors(
    ErrorCode("bad_frame", "Not a frame of this protocol.", retry=False),
    ErrorCode("not_found", "No such topic, or it is not yours.", retry=False),
    ErrorCode("unavailable", "The database does not answer; try again.", retry=True),
    ErrorCode("internal", "The server failed; nothing was changed.", retry=True),
)
"""A refused command carries the code of its own error instead, the same as over HTTP."""

DRAIN: Final = 4001
LEASE_EXPIRED: Final = 4002
POSITION_UNKNOWN: Final = 4003
TOO_SLOW: Final = 4008
NO_PONG: Final = 4012
RATE: Final = 4013
OVERLOAD: Final = 4029
BAD_TICKET: Final = 4500
NO_AUTH: Final = 4501
REVOKED: Final = 4503
CONNECTION_LIMIT: Final = 4504
PROTOCOL_ERROR: Final = 4505

CLOSES: Final = _closes(
    CloseCode(DRAIN, "drain", "The server is leaving.", retry=True),
    CloseCode(LEASE_EXPIRED, "lease expired", "No `refresh` came in time.", retry=True),
    CloseCode(POSITION_UNKNOWN, "position unknown", "The epoch has changed.", retry=True),
    CloseCode(TOO_SLOW, "too slow", "The outbox is full; resume.", retry=True),
    CloseCode(NO_PONG, "no pong", "Nothing came since the last ping.", retry=True),
    CloseCode(RATE, "rate", "Too many requests wait for an answer.", retry=True),
    CloseCode(
        OVERLOAD, "overload", "Too many at once; the `drain` before it says when.", retry=True
    ),
    CloseCode(BAD_TICKET, "bad ticket", "Forged, too old, or of somebody gone.", retry=False),
    CloseCode(NO_AUTH, "no auth", "The first frame was not `auth`, or too late.", retry=False),
    CloseCode(REVOKED, "revoked", "The person may no longer be connected.", retry=False),
    CloseCode(CONNECTION_LIMIT, "connection limit", "Too many sockets.", retry=False),
    CloseCode(PROTOCOL_ERROR, "protocol error", "Three bad frames, or one too big.", retry=False),
)
