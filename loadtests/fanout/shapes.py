"""What the fan-out question sends: its shapes, its rates and its event."""

import json
from dataclasses import dataclass

from loadtests.measure.websocket import mark


EVENT_BYTES = 400


@dataclass(frozen=True)
class Shape:
    """Some topics, each watched by some sockets."""

    topics: int
    sockets: int

    @property
    def name(self) -> str:
        return f"{self.topics}x{self.sockets}"

    @property
    def topic_names(self) -> list[str]:
        return [f"board-{number}" for number in range(self.topics)]

    @property
    def listeners(self) -> int:
        return self.topics * self.sockets


@dataclass(frozen=True)
class Load:
    """How much is published: events per topic, of which the first warm up, and how fast."""

    events: int
    warm_up: int
    events_per_second: float


BROADCAST = Shape(topics=1, sockets=500)
BOARDS = Shape(topics=200, sockets=3)
SHAPES = (BROADCAST, BOARDS)


def order_event(number: int, topic: str, due_ns: int | None = None) -> dict[str, object]:
    """Return an order as a merchant's board would show it, about 400 bytes as JSON."""
    event: dict[str, object] = {
        "order": "0193f0a1-7c2e-7d3a-9a55-3f0c6b1d2e4f",
        "topic": topic,
        "mark": mark(number, due_ns),
        "state": "preparing",
        "version": number + 1,
        "total_minor": 4650,
        "currency": "CNY",
        "items": [
            {"name": "Beef noodles", "quantity": 2, "price_minor": 1800},
            {"name": "Plum juice", "quantity": 1, "price_minor": 1050},
        ],
    }
    event["note"] = "x" * max(0, EVENT_BYTES - len(json.dumps(event)) - 12)
    return event
