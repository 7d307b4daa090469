"""Event frames, spliced from stored JSON: nothing is parsed on the way to a person's socket."""

from collections.abc import Iterable
from typing import Final

from realtime.guest_views import guest_body


_DATA: Final = '"d":{'
_RECEIPT: Final = '"crit":"'


class EventFrame:
    """One stream entry, ready to be sent.

    `body` is the stored JSON object `{"seq":..,"key":..,"ver":..,"type":..,"at":..,"actor":{..},
    ["crit":..,]"d":{..}}` in exactly that order, which is why its head can be read by position.
    """

    __slots__ = ("_for_guests", "body", "receipt", "seq", "topic")

    def __init__(self, topic: str, seq: int, body: str) -> None:
        """Keep the body, and read the one member that the server itself needs."""
        self.topic = topic
        self.seq = seq
        self.body = body
        self.receipt = _receipt(body)
        self._for_guests: EventFrame | None = None

    @property
    def for_guests(self) -> "EventFrame":
        """The same event as guests read it: made once, for the first of them."""
        if self._for_guests is None:
            self._for_guests = EventFrame(self.topic, self.seq, guest_body(self.body))
        return self._for_guests

    @property
    def text(self) -> str:
        """Text of the `ev` frame for somebody who has `seq - 1`, the usual case."""
        return self.after(self.seq - 1)

    def after(self, previous: int) -> str:
        """Text of the `ev` frame for somebody whose last event was `previous`."""
        return f'{{"t":"ev","topic":"{self.topic}","p":{previous},{self.body[1:]}'

    def member(self, previous: int) -> str:
        """Text of the same event inside an `evs` frame."""
        return f'{{"topic":"{self.topic}","p":{previous},{self.body[1:]}'

    @property
    def size(self) -> int:
        """Bytes of the frame; asked only about slow readers."""
        return len(self.text.encode())

    @property
    def key(self) -> str:
        """What the event is about; a later event of the same key makes this one redundant."""
        return self.body[self.body.index('"key":"') + 7 : self.body.index('","ver":')]


def batch_text(members: Iterable[str]) -> str:
    """Text of an `evs` frame."""
    return f'{{"t":"evs","evs":[{",".join(members)}]}}'


def _receipt(body: str) -> str | None:
    # Quotes inside strings are escaped in JSON, so nobody's name or note can look like this.
    start = body.find(_RECEIPT, 0, body.find(_DATA))
    if start < 0:
        return None
    start += len(_RECEIPT)
    return body[start : body.index('"', start)]
