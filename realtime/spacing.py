"""When those who have left an order were last shown where the courier is.

Whoever comes back, or polls, has a new subscription each time, and may be shown no more than
before. Of somebody it knows nothing of, a process cannot say what another one has shown them a
moment ago: they wait as if it had been just now.
"""

import time
from collections import OrderedDict
from typing import Final


POSITION_SECONDS: Final = 3.0
"""Courier positions come at most this often to one viewer of an order."""
KEPT: Final = 10_000
"""Viewers of one process who left last; 4 MB at most."""
DEVICES: Final = 8
"""Devices of one person, or guests of one order, that are told apart."""


class Spacing:
    """Times of those who have left, by viewer and topic."""

    def __init__(self, *, limit: int = KEPT) -> None:
        """Know nobody."""
        self._limit = limit
        self._shown: OrderedDict[tuple[str, str], tuple[float, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._shown)

    def leave(self, viewer: str, topic: str, shown_at: float) -> None:
        """Remember when somebody who leaves was last shown a position, in monotonic time."""
        name = viewer, topic
        self._shown[name] = (*self._shown.get(name, ())[1 - DEVICES :], shown_at)
        self._shown.move_to_end(name)
        if len(self._shown) > self._limit:
            self._shown.popitem(last=False)

    def join(self, viewer: str, topic: str, *, is_resumed: bool) -> float:
        """Return when somebody who comes was last shown a position; of their devices, the last."""
        *others, shown_at = sorted(self._shown.pop((viewer, topic), ())) or (
            time.monotonic() if is_resumed else 0.0,
        )
        for other in others:
            self.leave(viewer, topic, other)
        return shown_at
