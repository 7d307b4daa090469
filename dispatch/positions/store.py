"""Where couriers were last: one interface, kept in Redis where there is one, else in rows.

Whatever keeps it may lose it at any time. The couriers' rows hold a sample that is at most
fifteen seconds older, and the next report brings the rest back.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from core.environment import environment
from core.merchants.distance import Box
from dispatch.positions.in_redis import RedisPositions
from dispatch.positions.in_rows import RowPositions
from dispatch.positions.reports import Fix


class PositionStore(Protocol):
    """The last fix of each courier."""

    is_apart: bool
    """Whether it knows more than the couriers' rows."""

    def put(self, courier_id: UUID, fix: Fix) -> bool:
        """Keep a fix unless a newer one is known; whether it was kept."""
        ...

    def get(self, courier_ids: Iterable[UUID]) -> Mapping[UUID, Fix]:
        """Return the last fixes of those of whom one is known."""
        ...

    def inside(self, box: Box) -> set[UUID]:
        """Return couriers whose last fix is in the box; at least two hundred, if so many are."""
        ...

    def forget(self, courier_id: UUID) -> None:
        """Keep nothing of a courier that the rows do not."""
        ...


@lru_cache(maxsize=1)
def positions() -> PositionStore:
    """Return this installation's store."""
    rows = RowPositions()
    url = environment().redis_url
    return RedisPositions(url, behind=rows) if url else rows
