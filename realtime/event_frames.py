"""Event frames, spliced from stored JSON: encoded once per process, sent to every socket."""

from typing import Final

from core.websocket_frames import text_frame


_DATA: Final = '"d":{'
_RECEIPT: Final = '"crit":"'


class EventFrame:
    """One stream entry, ready to be sent.

    `body` is the stored JSON object `{"seq":..,"key":..,"ver":..,"type":..,"at":..,"actor":{..},
    ["crit":..,]"d":{..}}` in exactly that order, which is why its head can be read by position.
    """

    __slots__ = ("_buffer", "body", "receipt", "seq", "text", "topic")

    def __init__(self, topic: str, seq: int, body: str) -> None:
        """Splice the frame that follows `seq - 1`, the usual case."""
        self.topic = topic
        self.seq = seq
        self.body = body
        self._buffer: bytes | None = None
        self.text = f'{{"t":"ev","topic":"{topic}","p":{seq - 1},{body[1:]}'
        self.receipt = _receipt(body)

    @property
    def buffer(self) -> bytes:
        """The text, as one WebSocket frame: made once, for all sockets."""
        if self._buffer is None:
            self._buffer = text_frame(self.text)
        return self._buffer

    def after(self, previous: int) -> str:
        """Text of the `ev` frame for somebody whose last event was `previous`."""
        if previous == self.seq - 1:
            return self.text
        return f'{{"t":"ev",{self.member(previous)[1:]}'

    def member(self, previous: int) -> str:
        """Text of the same event inside an `evs` frame."""
        return f'{{"topic":"{self.topic}","p":{previous},{self.body[1:]}'

    @property
    def size(self) -> int:
        """Bytes of the frame."""
        return len(self.buffer)

    @property
    def key(self) -> str:
        """What the event is about; a later event of the same key makes this one redundant."""
        return self.body[self.body.index('"key":"') + 7 : self.body.index('","ver":')]


def batch(members: list[str]) -> str:
    """Text of an `evs` frame."""
    return f'{{"t":"evs","evs":[{",".join(members)}]}}'


def _receipt(body: str) -> str | None:
    # Quotes inside strings are escaped in JSON, so nobody's name or note can look like this.
    start = body.find(_RECEIPT, 0, body.find(_DATA))
    if start < 0:
        return None
    start += len(_RECEIPT)
    return body[start : body.index('"', start)]
