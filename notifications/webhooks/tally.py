"""What this process counted of webhooks: for `/metrics`, without locks or database."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final


@dataclass(slots=True)
class HookTally:
    """Counts since the process began, and how the queue stood when the sender last looked."""

    attempts: Counter[str] = field(default_factory=Counter)
    """By what they came to: `http_200`, `timeout`, ..., or `lost` with its sender."""
    dead_count: int = 0
    disabled_count: int = 0
    """Endpoints that this process disabled by itself."""
    waiting_count: int = 0
    oldest_seconds: float = 0.0
    """Real seconds since the message that waits longest to be sent was written."""


tally: Final = HookTally()
