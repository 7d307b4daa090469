"""Reading which origins are shut, for operators."""

from datetime import datetime
from typing import Any

from notifications.circuits.models import PushCircuit


def get_circuits(now: datetime) -> list[dict[str, Any]]:
    """Push services that nothing is sent to at `now`, those that refuse us first."""
    rows = PushCircuit.objects.order_by("-is_stopped", "opened_at", "origin")
    return [
        {
            "origin": row.origin,
            "code": row.code,
            "is_stopped": row.is_stopped,
            "opened_at": row.opened_at,
            "until": row.shut_until,
            "is_asking": row.until <= now,
        }
        for row in rows
    ]
