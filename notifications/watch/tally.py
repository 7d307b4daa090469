"""How this process last saw the queues: for `/metrics`, without locks or database."""

from typing import Final

from notifications.watch.policy import Depth


depths: Final[dict[str, Depth]] = {}
"""By queue."""
