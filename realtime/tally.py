"""What this process has counted since it began: plain numbers, added to on its event loop.

The hot path adds one to a number, or one to a bucket; names, labels and text are made only when
somebody asks (`realtime.operations.metrics`).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Final


FAST_SECONDS: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
    *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Bounds for what a machine does."""
HUMAN_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Bounds for what waits for a device or a person."""


class Histogram:
    """How often a value fell into each bucket; `bounds` are their inclusive upper ends."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        """Start empty."""
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0
        """Sum of all values."""

    def observe(self, value: float) -> None:
        """Count one value; a clock that is ahead of ours makes it zero, never negative."""
        value = max(value, 0.0)
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self.counts)


class Tally:
    """Everything counted that no part of the hub keeps for itself."""

    __slots__ = ("commit_to_socket", "escalations", "head_polls", "kicked_count", "receipts",
                 "recovered_count", "snapshot_count")  # fmt: skip

    def __init__(self) -> None:
        """Start at nothing."""
        self.commit_to_socket = Histogram(FAST_SECONDS)
        """Seconds from COMMIT until the frames were handed to the sockets, once a message."""
        self.head_polls = Histogram(FAST_SECONDS)
        """Seconds that the poll of heads took."""
        self.receipts = Histogram(HUMAN_SECONDS)
        """Seconds from a critical event's frame to the device's `ack`."""
        self.recovered_count = 0
        """Subscriptions that were given what they had missed."""
        self.snapshot_count = 0
        """Subscriptions that needed a snapshot."""
        self.escalations: Counter[str] = Counter()
        """Steps that unanswered notices climbed, by channel."""
        self.kicked_count = 0


tally: Final = Tally()
"""The numbers of this process."""
