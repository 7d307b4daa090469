"""What a client knows of one topic: rows by version, its position, and a log of what came.

The rules a client must keep, apart from any socket: events apply in order of `seq`; an event
whose `p` is not the last `seq` means that something is missing; a row changes only to a newer
version; and rows leave by their own account (`open`, `ended_at`), as the server's do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from realtime.protocol import EventBody, Position, Snap, Subd


KEEP_ON_BOARD: Final = timedelta(minutes=30)
"""How long a merchant's board shows what has ended."""
LOG_LIMIT: Final = 100
"""Steps a view remembers, unless its owner wants more."""


class Outcome(StrEnum):
    """What an event did to a view."""

    APPLIED = "applied"  # the position moved; the row too, if the version was newer
    REPEATED = "repeated"  # came before
    GAP = "gap"  # something before it is missing


@dataclass(frozen=True, slots=True)
class Row:
    """One thing at one version."""

    version: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """One step of a view: an event, or a snapshot (`key` is empty, `data` holds its rows)."""

    epoch: str
    previous: int
    seq: int
    key: str = ""
    version: int = 0
    type: str = "snapshot"
    receipt: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class TopicView:
    """One topic as a client has it."""

    def __init__(
        self, topic: str, since: Position | None = None, *, log_limit: int | None = LOG_LIMIT
    ) -> None:
        """Know nothing but where to go on from."""
        self.topic = topic
        self.position = since
        self.rows: dict[str, Row] = {}
        self.log: list[Applied] = []
        """The newest steps that were applied, in order: at least `log_limit`, all when None."""
        self.is_live = False
        """Whether it follows the server, as far as it can know."""
        self.gap_count = 0
        """How often something was missing; each time the client asked for it again."""
        self._versions: dict[str, int] = {}
        self._parts: list[Snap] = []
        self._log_limit = log_limit
        self._target = 0
        """Where the replay that was promised ends."""

    @property
    def seq(self) -> int:
        """Sequence number of the newest event or snapshot."""
        return self.position.seq if self.position else 0

    @property
    def has_caught_up(self) -> bool:
        """Whether it is live and everything the server said was missed has come."""
        return self.is_live and self.seq >= self._target

    def answer(self, frame: Subd) -> None:
        """Take the server's answer to `sub`; a replay of `count` events or a snapshot follows."""
        self._parts = []
        self._target = frame.seq
        self.is_live = frame.recovered

    def take_snapshot(self, frame: Snap) -> bool:
        """Collect one part; after the last one the rows are replaced and the answer is true."""
        self._parts.append(frame)
        if not frame.last:
            return False
        parts, self._parts = self._parts, []
        previous = self.seq
        rows = [row for part in parts for row in part.rows]
        self.position = Position(epoch=frame.epoch, seq=frame.seq)
        self.rows = {row.key: Row(row.ver, row.d) for row in rows}
        self._versions = {row.key: row.ver for row in rows}
        self.is_live = True
        data = {row.key: row.ver for row in rows}
        step = Applied(epoch=frame.epoch, previous=previous, seq=frame.seq, data=data)
        self._note(step)
        return True

    def apply(self, event: EventBody) -> Outcome:
        """Take one event."""
        if self.position is None or not self.is_live:
            return Outcome.GAP
        if event.seq <= self.position.seq:
            return Outcome.REPEATED
        if event.p != self.position.seq:
            self.gap_count += 1
            return Outcome.GAP
        epoch = self.position.epoch
        self.position = Position(epoch=epoch, seq=event.seq)
        self._note(
            Applied(
                epoch=epoch,
                previous=event.p,
                seq=event.seq,
                key=event.key,
                version=event.ver,
                type=event.type,
                receipt=event.crit,
                data=event.d,
            )
        )
        self._set(event)
        return Outcome.APPLIED

    def rows_at(self, now: datetime) -> dict[str, Row]:
        """Rows a snapshot taken at `now` would hold: what ended long ago has left the board."""
        if not self.topic.startswith("merchant:"):
            return dict(self.rows)
        return {key: row for key, row in self.rows.items() if _is_on_board(row, now)}

    def _note(self, step: Applied) -> None:
        self.log.append(step)
        if self._log_limit is not None and len(self.log) > 2 * self._log_limit:
            del self.log[: -self._log_limit]

    def _set(self, event: EventBody) -> None:
        if event.ver <= self._versions.get(event.key, 0):
            return
        self._versions[event.key] = event.ver
        leaves = self.topic.startswith(("courier:", "user:")) and event.d.get("open") is False
        if leaves:
            self.rows.pop(event.key, None)
        else:
            self.rows[event.key] = Row(event.ver, event.d)


def _is_on_board(row: Row, now: datetime) -> bool:
    ended_at = row.data.get("ended_at")
    return ended_at is None or datetime.fromisoformat(ended_at) > now - KEEP_ON_BOARD
