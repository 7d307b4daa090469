"""How far the client of a stream is once it has what was handed to it so far."""

from collections.abc import Iterator, Mapping

from realtime.cursors import codes_of, write_cursor
from realtime.protocol import Position
from realtime.subscriptions import Subscription


class Progress:
    """Positions of a stream's topics: where the client stood, then what its frames say."""

    __slots__ = ("_codes", "_since", "subscriptions")

    def __init__(self, topics: tuple[str, ...], since: Mapping[str, Position]) -> None:
        """Begin where the client stands."""
        self._codes = codes_of(topics)
        self._since = since
        self.subscriptions: Mapping[str, Subscription] = {}
        """The session's, by topic."""

    @property
    def is_between(self) -> bool:
        """Whether no topic is in the middle of its snapshot."""
        return all(each.has_position for each in self.subscriptions.values())

    def cursor(self) -> str:
        """Cursor of whoever has every frame handed over so far."""
        return write_cursor(self._positions())

    def _positions(self) -> Iterator[tuple[str, int, str]]:
        for name, code in self._codes.items():
            subscription = self.subscriptions.get(name)
            if subscription is not None and subscription.has_position:
                yield code, subscription.written, subscription.feed.epoch
            elif (since := self._since.get(name)) is not None:
                yield code, since.seq, since.epoch
