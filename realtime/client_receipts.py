"""What a client has to tell of delivery: acknowledgements, and what a person saw or decided.

`seen` and `act` are answered by nothing, so each is kept until the server has pinged twice
since it was sent: a ping shows that something of ours has arrived since the one before. What
is kept when the connection breaks is sent again; the server takes a repetition for nothing.
"""

from typing import Final, Literal

from realtime.protocol import Act, Seen


KEPT: Final = 1000
"""Receipts kept for a server that cannot be reached; older ones are forgotten."""
AT_ONCE: Final = 100
"""Most receipts of one frame."""
PINGS: Final = 2

Kind = Literal["seen", "act"]


class Receipts:
    """Receipts that may not have arrived."""

    def __init__(self) -> None:
        """Owe nothing."""
        self._pings: dict[tuple[Kind, str], int] = {}
        """Pings since each was sent; -1 for what was not sent yet."""

    def note(self, kind: Kind, receipts: tuple[str, ...]) -> None:
        """Remember what is to be sent."""
        for receipt in receipts:
            self._pings[kind, receipt] = -1
        while len(self._pings) > KEPT:
            del self._pings[next(iter(self._pings))]

    def take_unsent(self) -> list[Seen | Act]:
        """Frames that tell what was not told; from now on they count as sent."""
        unsent = [name for name, pings in self._pings.items() if pings < 0]
        for name in unsent:
            self._pings[name] = 0
        return [*_frames(Seen, "seen", unsent), *_frames(Act, "act", unsent)]

    def hear_ping(self) -> None:
        """Learn that the server is there and hears us."""
        for name, pings in tuple(self._pings.items()):
            if pings >= PINGS - 1:
                del self._pings[name]
            elif pings >= 0:
                self._pings[name] = pings + 1

    def lose(self) -> None:
        """Learn that the connection broke: nothing counts as sent."""
        self._pings = dict.fromkeys(self._pings, -1)

    def __len__(self) -> int:
        return len(self._pings)


def _frames(
    frame: type[Seen | Act], kind: Kind, names: list[tuple[Kind, str]]
) -> list[Seen | Act]:
    texts = tuple(receipt for each, receipt in names if each == kind)
    return [frame(r=texts[at : at + AT_ONCE]) for at in range(0, len(texts), AT_ONCE)]
