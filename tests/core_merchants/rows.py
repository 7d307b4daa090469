"""A client's copy of a topic: a snapshot and every entry after it."""

import json
from typing import Any

from core.events.queries import Snapshot, get_entries


def follow(snapshot: Snapshot, topic: str) -> dict[str, tuple[int, Any]]:
    """Return version and view by key, after replaying what came since the snapshot."""
    rows = {row["key"]: (row["ver"], row["d"]) for row in snapshot.rows}
    for entry in get_entries(topic, after=snapshot.seq):
        body = json.loads(entry.body)
        rows[body["key"]] = (body["ver"], body["d"])
    return rows
