"""What visitors did to the city and how it healed, line by line, in real time."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final


KEPT_LINES: Final = 200
HEALED: Final = "healed"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened; `what` names the words, `values` fill them."""

    number: int
    run: int
    trouble: str
    what: str
    at: str
    values: dict[str, Any]


class Journal:
    """The lines of all troubles so far."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.lines: deque[Line] = deque(maxlen=KEPT_LINES)
        self.running: dict[str, int] = {}
        """Trouble -> its run, while it lasts."""
        self._number = 0
        self._run = 0

    def begin(self, trouble: str) -> "Run":
        """Open a trouble's run."""
        self._run += 1
        self.running[trouble] = self._run
        return Run(self, trouble, self._run)

    def note(self, run: "Run", what: str, values: dict[str, Any]) -> None:
        """Append a line."""
        self._number += 1
        line = Line(
            number=self._number,
            run=run.number,
            trouble=run.trouble,
            what=what,
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            values=values,
        )
        self.lines.append(line)

    def since(self, number: int) -> list[Line]:
        """Return the lines after `number`."""
        return [line for line in self.lines if line.number > number]


@dataclass(frozen=True, slots=True)
class Run:
    """One press of one button."""

    journal: Journal
    trouble: str
    number: int

    def say(self, what: str, **values: Any) -> None:
        """Note what happened."""
        self.journal.note(self, what, values)

    def end(self) -> None:
        """The button may be pressed again."""
        self.journal.running.pop(self.trouble, None)
