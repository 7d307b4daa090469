"""A client that knows nothing but snapshots and events, to be compared with the database."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.events.queries import get_entries, get_snapshot
from core.orders.policy import TIMINGS


KEEPS_ENDED = ("order",)


@dataclass(slots=True)
class Replica:
    """One topic's rows as a client holds them: by key, newest version wins."""

    topic: str
    seq: int = 0
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def catch_up(self, now: datetime) -> None:
        """Apply what happened since, then drop what the topic no longer shows."""
        for entry in get_entries(self.topic, after=self.seq):
            assert entry.seq == self.seq + 1, f"{self.topic} has a gap before {entry.seq}"
            self.seq = entry.seq
            self._apply(json.loads(entry.body))
        kept = {key: row for key, row in self.rows.items() if self._is_shown(row["d"], now)}
        self.rows = kept

    def check(self, now: datetime) -> None:
        """Catch up; then a newcomer must see exactly the same."""
        self.catch_up(now)
        snapshot = get_snapshot(self.topic, now=now)
        fresh = {row["key"]: {"ver": row["ver"], "d": row["d"]} for row in snapshot.rows}
        assert snapshot.seq == self.seq
        assert self.rows == fresh, f"{self.topic} differs from a fresh snapshot"

    def start(self, now: datetime) -> None:
        """Take a snapshot, as a client does that joins."""
        snapshot = get_snapshot(self.topic, now=now)
        self.seq = snapshot.seq
        self.rows = {row["key"]: {"ver": row["ver"], "d": row["d"]} for row in snapshot.rows}

    def _apply(self, body: dict[str, Any]) -> None:
        known = self.rows.get(body["key"])
        if known is None or body["ver"] > known["ver"]:
            self.rows[body["key"]] = {"ver": body["ver"], "d": body["d"]}

    def _is_shown(self, view: dict[str, Any], now: datetime) -> bool:
        kind = self.topic.partition(":")[0]
        if view["open"] or kind in KEEPS_ENDED:
            return True
        if kind != "merchant":
            return False
        return datetime.fromisoformat(view["ended_at"]) > now - TIMINGS.keep_on_board
