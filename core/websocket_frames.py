"""RFC 6455 without sockets: text made into a frame once, and what clients send read into messages.

`websockets` ships the same law, with a generator, a stream and a logger for each socket. This
one keeps a few words a socket while nothing is half read, so that idle sockets stay small, and
reads a whole frame that came alone without copying it into a buffer. The tests hold it against
`websockets` itself.
"""

from enum import IntEnum
from typing import Final

from websockets.speedups import apply_mask


class Opcode(IntEnum):
    """What a frame is for."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


PROTOCOL_ERROR: Final = 1002
NOT_UTF8: Final = 1007
TOO_BIG: Final = 1009
NO_CODE: Final = 1005
"""Never sent: the peer closed without giving a code."""

_FIN: Final = 0x80
_RESERVED: Final = 0x70
_MASKED: Final = 0x80
_SHORT: Final = 125
"""Longest payload whose length fits into the second byte; no control frame may be longer."""
_MASK_BYTES: Final = 4
_TEXT_HEAD: Final = bytes((_FIN | Opcode.TEXT, 126))
_OPCODES: Final = {int(opcode): opcode for opcode in Opcode}
_CODES: Final = frozenset({*range(1000, 1004), *range(1007, 1015)})
"""Close codes below 3000 that may be sent; 3000 to 4999 belong to applications."""

Message = tuple[Opcode, bytes]
"""A whole message, or a control frame, and its payload."""


class Violation(Exception):
    """The peer broke the protocol; `code` is what to close with."""

    def __init__(self, code: int, reason: str) -> None:
        """Keep why."""
        super().__init__(reason)
        self.code = code


def frame(opcode: Opcode, payload: bytes) -> bytes:
    """One whole unmasked frame, as servers send it."""
    length = len(payload)
    if length <= _SHORT:
        return bytes((_FIN | opcode, length)) + payload
    if length < 1 << 16:
        return bytes((_FIN | opcode, 126)) + length.to_bytes(2, "big") + payload
    return bytes((_FIN | opcode, 127)) + length.to_bytes(8, "big") + payload


def text_frame(text: str) -> bytes:
    """One whole frame of a text message."""
    payload = text.encode()
    length = len(payload)
    if _SHORT < length < 1 << 16:  # an event: written out, as each is framed once
        return _TEXT_HEAD + length.to_bytes(2, "big") + payload
    return frame(Opcode.TEXT, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """One close frame."""
    return frame(Opcode.CLOSE, code.to_bytes(2, "big") + reason.encode()[: _SHORT - 2])


class FrameReader:
    """Cuts what one client sends into messages; after a `Violation` it must not be fed again."""

    __slots__ = ("_limit", "_opcode", "_parts", "_rest", "_size")

    def __init__(self, limit: int) -> None:
        """Refuse messages of more than `limit` bytes."""
        self._limit = limit
        self._rest = b""
        self._parts: list[bytes] | None = None
        self._opcode = Opcode.CONTINUATION
        self._size = 0

    def feed(self, data: bytes) -> list[Message]:
        """Take what came and return the messages that it completes.

        :raises Violation: the peer must be closed; what it sent before that is lost.
        """
        if self._rest:
            data = self._rest + data
        messages: list[Message] = []
        at = 0
        while (body := self._body(data, at)) is not None:
            start, end = body
            message = self._frame(data[at], apply_mask(data[start:end], data[start - 4 : start]))
            if message is not None:
                messages.append(message)
            at = end
        self._rest = data[at:]
        return messages

    def _body(self, data: bytes, at: int) -> tuple[int, int] | None:
        """Where the payload of the frame at `at` starts and ends, once all of it is there."""
        if len(data) - at < 2:  # noqa: PLR2004  every frame has two bytes
            return None
        length = self._check(data[at], data[at + 1])
        start = at + 2
        if length > _SHORT:
            start += 2 if length == _SHORT + 1 else 8
            if len(data) < start:
                return None
            length = int.from_bytes(data[at + 2 : start], "big")
        if data[at] & 0x0F < Opcode.CLOSE and self._size + length > self._limit:
            raise Violation(TOO_BIG, "message too big")
        start += _MASK_BYTES
        end = start + length
        return (start, end) if len(data) >= end else None

    def _check(self, first: int, second: int) -> int:
        """Refuse what no client may send; return the length as the second byte has it."""
        opcode = first & 0x0F
        length = second & 0x7F
        if first & _RESERVED or opcode not in _OPCODES or not second & _MASKED:
            raise Violation(PROTOCOL_ERROR, "reserved bits, unknown opcode or no mask")
        if opcode >= Opcode.CLOSE:
            if length > _SHORT or not first & _FIN:
                raise Violation(PROTOCOL_ERROR, "control frame too long or in parts")
        elif (opcode == Opcode.CONTINUATION) != (self._parts is not None):
            raise Violation(PROTOCOL_ERROR, "part of no message, or message within another")
        return length

    def _frame(self, first: int, payload: bytes) -> Message | None:
        opcode = _OPCODES[first & 0x0F]
        if opcode >= Opcode.CLOSE or (self._parts is None and first & _FIN):
            return opcode, payload
        if self._parts is None:
            self._parts, self._opcode = [], opcode
        self._parts.append(payload)
        self._size += len(payload)
        if not first & _FIN:
            return None
        whole, self._parts, self._size = b"".join(self._parts), None, 0
        return self._opcode, whole


def text_of(payload: bytes) -> str:
    """Text of a message.

    :raises Violation: when it is none.
    """
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise Violation(NOT_UTF8, "text is not UTF-8") from None


def close_code(payload: bytes) -> int:
    """Why the peer closes, by the payload of its close frame.

    :raises Violation: when it is none that may be sent.
    """
    if not payload:
        return NO_CODE
    code = int.from_bytes(payload[:2], "big")
    if len(payload) < 2 or not (code in _CODES or 3000 <= code < 5000):  # noqa: PLR2004  RFC 6455
        raise Violation(PROTOCOL_ERROR, "no such close code")
    text_of(payload[2:])
    return code
