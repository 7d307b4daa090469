"""How fresh a client's picture is: what a page would write in its corner."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class State(StrEnum):
    """Whether what a client shows is what the server knows."""

    CONNECTING = "connecting"  # nothing was ever shown
    LIVE = "live"  # every topic follows the server
    RECONNECTING = "reconnecting"  # what is shown may be old


@dataclass(frozen=True, slots=True)
class Freshness:
    """The state, since when, and how many events were caught up with on the way to it."""

    state: State = State.CONNECTING
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    replayed: int = 0

    def __str__(self) -> str:
        if self.state is State.LIVE and self.replayed:
            return f"replayed {self.replayed}"
        return str(self.state)


class FreshnessKeeper:
    """Follows which topics are behind, and tells of every change."""

    def __init__(self) -> None:
        """Begin by connecting."""
        self.now = Freshness()
        self.on_change: Callable[[Freshness], None] | None = None
        self._behind: set[str] = set()
        self._is_welcome = False
        self._replayed = 0

    def welcome(self) -> None:
        """Learn that there is a connection."""
        self._is_welcome = True
        self._judge()

    def lose(self, topics: Collection[str]) -> None:
        """Learn that the connection broke: all topics are behind."""
        self._is_welcome = False
        self._behind = set(topics)
        self._judge()

    def fall_behind(self, topic: str) -> None:
        """Learn that something of a topic is missing."""
        self._behind.add(topic)
        self._judge()

    def catch_up(self, topic: str, *, replayed: int = 0) -> None:
        """Learn that a topic is live again, or is followed no longer."""
        if topic in self._behind:
            self._behind.discard(topic)
            self._replayed += replayed
            self._judge()

    def _judge(self) -> None:
        if self._is_welcome and not self._behind:
            self._turn(State.LIVE)
        elif self.now.state is State.LIVE:
            self._turn(State.RECONNECTING)

    def _turn(self, state: State) -> None:
        if state is self.now.state:
            return
        replayed, self._replayed = self._replayed, 0
        self.now = Freshness(state, replayed=replayed if state is State.LIVE else 0)
        if self.on_change is not None:
            self.on_change(self.now)
