"""What a peer has told of delivery and is not written yet: gathered, so that it costs one request.

Devices acknowledge each critical event at once. A burst of them would fill the queue of a session
that waits for the database; so there is one request a kind, and it takes all there is by then.
"""

from collections.abc import Iterable
from typing import Final

from realtime.protocol import Ack, Act, Seen


Kind = type[Ack | Seen | Act]

MOST_WAITING: Final = 5000
"""Receipts of one session; nobody has so many notices."""


class WaitingReceipts:
    """Receipts of one session, by kind, each once."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        """Know of none."""
        self._waiting: dict[Kind, dict[str, None]] = {}

    def add(self, kind: Kind, receipts: Iterable[str]) -> bool:
        """Remember them; return whether somebody must be sent to `take` this kind."""
        is_first = kind not in self._waiting
        self._waiting.setdefault(kind, {}).update(dict.fromkeys(receipts))
        return is_first

    def take(self, kind: Kind) -> Iterable[str]:
        """Take all of a kind."""
        return self._waiting.pop(kind, {})

    @property
    def is_full(self) -> bool:
        """Whether the peer tells more than anybody has to tell."""
        return sum(map(len, self._waiting.values())) > MOST_WAITING
