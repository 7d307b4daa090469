"""What one client of the jitter question received, and how long it took to catch up."""

import time
from dataclasses import dataclass, field

from loadtests.measure.websocket import MARK


@dataclass
class Tally:
    """Events numbered from 0, as one client applied them."""

    expected: int
    arrivals: dict[int, tuple[int, int]] = field(default_factory=dict)
    """When each was sent and first applied (ns)."""
    duplicates: int = 0
    out_of_order: int = 0
    last: int = -1
    cut_count: int = 0
    returns: list[int] = field(default_factory=list)
    """When the client began to connect again (ns)."""

    def note(self, text: str) -> None:
        """Count the event whose text carries a mark."""
        now = time.monotonic_ns()
        for number, sent_ns in MARK.findall(text.encode()):
            self._note(int(number), int(sent_ns), now)

    def begin_to_return(self) -> None:
        """Note that the client is about to connect."""
        self.returns.append(time.monotonic_ns())

    def replay_seconds(self) -> list[float]:
        """For each return: how long until all that was sent before it had been applied."""
        found = []
        for returned in self.returns[1:]:  # the first is no return
            missed = [
                arrived for sent, arrived in self.arrivals.values() if sent < returned < arrived
            ]
            if missed:
                found.append((max(missed) - returned) / 1e9)
        return found

    def _note(self, number: int, sent_ns: int, now_ns: int) -> None:
        if number in self.arrivals:
            self.duplicates += 1
            return
        self.arrivals[number] = (sent_ns, now_ns)
        self.out_of_order += number < self.last
        self.last = max(number, self.last)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which so large a share lies; 0 when there is none."""
    ordered = sorted(values)
    return ordered[int(share * (len(ordered) - 1))] if ordered else 0.0
