"""Splits a server's bytes into WebSocket frames, whole ones only (RFC 6455, section 5.2)."""

from dataclasses import dataclass
from typing import Final


TEXT: Final = 1
CLOSE: Final = 8
_LENGTH_BYTES: Final = {126: 2, 127: 8}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came; only whole text messages may be tampered with."""

    raw: bytes

    @property
    def opcode(self) -> int:
        """What kind of frame it is."""
        return self.raw[0] & 0x0F

    @property
    def is_text(self) -> bool:
        """Whether it is a whole text message."""
        return self.raw[0] == 0x80 | TEXT

    @property
    def text(self) -> str:
        """The message."""
        return self.raw[_head_size(self.raw) :].decode()


class FrameSplitter:
    """Takes bytes as they come and gives frames as they are whole."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that `data` completes."""
        self._bytes += data
        frames = []
        while (size := _frame_size(self._bytes)) and size <= len(self._bytes):
            frames.append(Frame(bytes(self._bytes[:size])))
            del self._bytes[:size]
        return frames


def _head_size(data: bytes | bytearray) -> int:
    return 2 + _LENGTH_BYTES.get(data[1] & 0x7F, 0)


def _frame_size(data: bytearray) -> int | None:
    """Size of the frame at the start, once its head is there; servers do not mask."""
    if len(data) < 2 or len(data) < _head_size(data):
        return None
    head = _head_size(data)
    length = data[1] & 0x7F
    return head + (int.from_bytes(data[2:head]) if head > 2 else length)
