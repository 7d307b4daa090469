"""Cuts one pane off the network for a while: what it has open ends, and nothing new comes in.

It stands before the whole application in a demonstration's web process, and knows a pane by the
name that its requests carry. Everybody else is let through untouched.
"""

import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs


Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADER: Final = b"paidan-pane"
GONE_AWAY: Final = 1001
UNAVAILABLE: Final = 503


@dataclass(slots=True)
class Cut:
    """One cut of one pane, and how it ended."""

    pane: str
    until: float
    closed_count: int = 0
    refused_count: int = 0
    replayed_count: int = 0
    is_back: bool = False
    is_resumed: bool = False
    """Whether it went on where it had stopped, instead of taking the whole board anew."""

    @property
    def is_cut(self) -> bool:
        """Whether it lasts."""
        return time.monotonic() < self.until

    def view(self) -> dict[str, Any]:
        """The cut as JSON."""
        return {
            "is_cut": self.is_cut,
            "is_back": self.is_back,
            "is_resumed": self.is_resumed,
            "closed_count": self.closed_count,
            "refused_count": self.refused_count,
            "replayed_count": self.replayed_count,
        }


@dataclass(slots=True)
class Tunnel:
    """The cuts of this process."""

    cut: Cut = field(default_factory=lambda: Cut("", 0.0))
    _hang_up: dict[str, list[Callable[[], Any]]] = field(default_factory=dict)

    def begin(self, pane: str, *, seconds: float) -> Cut:
        """Cut the pane off from now on; called from any thread."""
        self.cut = Cut(pane, time.monotonic() + seconds)
        for hang_up in list(self._hang_up.get(pane, ())):
            self.cut.closed_count += 1
            hang_up()
        return self.cut

    def is_cut(self, pane: str) -> bool:
        """Whether nothing of the pane gets through now; counts what tries."""
        if pane != self.cut.pane or not self.cut.is_cut:
            return False
        self.cut.refused_count += 1
        return True

    def connected(self, pane: str, hang_up: Callable[[], Any]) -> Callable[[], None]:
        """Take note of a socket or stream; return what forgets it."""
        calls = self._hang_up.setdefault(pane, [])
        calls.append(hang_up)
        return lambda: calls.remove(hang_up) if hang_up in calls else None

    def sent(self, pane: str, text: str) -> None:
        """Take note of what a pane that came back is told first."""
        if pane != self.cut.pane or self.cut.is_cut or self.cut.is_back:
            return
        if '"subd"' in text:
            frame = json.loads(text)
            self.cut.replayed_count += int(frame.get("count", 0))
            if str(frame.get("topic", "")).startswith("merchant:"):
                self.cut.is_back, self.cut.is_resumed = True, bool(frame.get("recovered"))


tunnel: Final = Tunnel()


def pane_of(scope: Scope) -> str:
    """Return which pane asks; empty when it is none."""
    if scope["type"] == "websocket":
        query = bytes(scope.get("query_string", b"")).decode(errors="replace")
        return parse_qs(query).get("pane", [""])[0]
    headers = dict(scope.get("headers", ()))
    return bytes(headers.get(HEADER, b"")).decode(errors="replace")
