"""What this process counted of texts and calls: for `/metrics`, without locks or database."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final


@dataclass(slots=True)
class TextTally:
    """Counts since the process began, and budgets as it last saw them."""

    attempts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """By channel, vendor and outcome."""
    settled: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """By channel, vendor and the vendor's word."""
    refused: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Receipts that were not taken, by channel, vendor and our error's code."""
    spent_percent: dict[tuple[str, ...], float] = field(default_factory=dict)
    """By channel and vendor, of the day that was last claimed in."""


tally: Final = TextTally()
