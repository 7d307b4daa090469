"""What a check found: facts counted, and what is wrong."""

from collections import Counter
from dataclasses import dataclass, field


SHOWN = 12


@dataclass(slots=True)
class Findings:
    """Filled by every part of the check."""

    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    """How orders ended, by state and reason."""

    def wrong(self, what: str) -> None:
        """Note something that must not be."""
        self.problems.append(what)

    def shown_problems(self) -> list[str]:
        """The first few, and how many more."""
        more = len(self.problems) - SHOWN
        return self.problems[:SHOWN] + ([f"... and {more} more"] if more > 0 else [])
