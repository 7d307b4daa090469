"""Which faults the proxy makes, and a seeded judge that decides the fate of each frame."""

import random
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Fate(StrEnum):
    """What happens to one piece on its way from the server to the client."""

    PASS = "pass"  # as it is
    DROP = "drop"  # never arrives; what follows does
    DUPLICATE = "duplicate"  # arrives twice
    DELAY = "delay"  # waits, and everything behind it waits too, as on a slow line
    REORDER = "reorder"  # arrives after the frame that follows it
    TRUNCATE = "truncate"  # a part of its bytes arrives, then the connection is gone
    CUT = "cut"  # does not arrive, and the connection is gone


FRAME_FATES: Final = tuple(fate for fate in Fate if fate is not Fate.PASS)
STREAM_FATES: Final = (Fate.DELAY, Fate.TRUNCATE, Fate.CUT)
"""What can befall bytes that are no frames: TCP loses and reorders nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Shares (0 to 1) of the pieces that meet each fate, and states of the whole line."""

    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    reorder: float = 0.0
    truncate: float = 0.0
    cut: float = 0.0
    delay_seconds: float = 0.05
    """Longest delay; also how long a reordered frame waits for the one to overtake it."""
    refuse: bool = False
    """New connections are reset: the server cannot be reached."""
    freeze: bool = False
    """Nothing passes in either direction, and nobody is told."""
    block_websocket: bool = False
    """An upgrade is answered 403, as by a company's proxy that does not know WebSocket."""


class Judge:
    """Decides fates; the same seed and the same questions give the same fates."""

    def __init__(self, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        """How many pieces met each fate."""
        self._random = random.Random(seed)

    def begin(self, seed: int) -> None:
        """Begin the series that belongs to the seed."""
        self._random.seed(seed)

    def fate(self, faults: Faults, among: tuple[Fate, ...] = FRAME_FATES) -> Fate:
        """Return the fate of the next piece."""
        drawn = self._random.random()
        found = Fate.PASS
        for fate in among:
            drawn -= getattr(faults, fate)
            if drawn < 0:
                found = fate
                break
        self.counts[found] += 1
        return found

    def share(self) -> float:
        """Return a number from 0 to 1: how much of a delay, or of a frame."""
        return self._random.random()
