"""How an order is walked from placed to completed on each server."""

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from loadtests.measure.paidan import SUBPROTOCOL
from loadtests.measure.websocket import Conversation


@dataclass(frozen=True)
class Seen:
    """A fact as it arrived on a board: which order, in which state, and what makes it unique."""

    order: str
    state: str
    identity: Hashable


Call = Callable[[str, str, Mapping[str, Any]], Awaitable[dict[str, Any]]]
"""POST a JSON body to a path with a bearer of a token; the answer's body."""

Announce = Callable[[str, str], None]
"""Say, just before asking for it, which state an order is about to reach."""


class Dialect(ABC):
    """One server's way of saying it."""

    token_scheme: str
    transitions: int

    def __init__(self, shop: Mapping[str, Any]) -> None:
        self.shop = shop

    @abstractmethod
    async def board(self, call: Call, socket_url: str) -> Conversation: ...

    @abstractmethod
    def heard(self, frame: bytes) -> list[Seen]: ...

    @abstractmethod
    async def walk(self, call: Call, announce: Announce) -> None: ...


class Textbook(Dialect):
    """The DRF project: one POST an order, one a status."""

    token_scheme = "Token"
    _steps = (
        ("accepted", "staff"),
        ("preparing", "staff"),
        ("ready", "staff"),
        ("picked_up", "courier"),
        ("delivered", "courier"),
        ("completed", "customer"),
    )
    transitions = 1 + len(_steps)

    async def board(self, _call: Call, socket_url: str) -> Conversation:
        return Conversation(f"{socket_url}/ws/merchant.{self.shop['merchant']}")

    def heard(self, frame: bytes) -> list[Seen]:
        order = json.loads(frame)
        return [Seen(str(order["id"]), order["status"], (order["id"], order["updated_at"]))]

    async def walk(self, call: Call, announce: Announce) -> None:
        lines = [{"item": item, "quantity": 2} for item in self.shop["items"]]
        body = {"merchant": self.shop["merchant"], "address": "12 Long Lane", "lines": lines}
        order = await call(self.shop["customer"], "/api/orders/", body)
        for status, who in self._steps:
            announce(str(order["id"]), status)
            await call(self.shop[who], f"/api/orders/{order['id']}/status/", {"status": status})


class Paidan(Dialect):
    """The product: a quote, an order, and a command for every further step."""

    token_scheme = "Bearer"
    _steps = (
        ("accepted", "staff", "accept"),
        ("preparing", "staff", "start"),
        ("ready", "staff", "ready"),
        ("handed_over", "staff", "hand-over"),
        ("completed", "customer", "complete"),
    )
    transitions = 1 + len(_steps)

    async def board(self, call: Call, socket_url: str) -> Conversation:
        issued = await call(self.shop["staff"], "/api/v1/realtime/ticket", {})
        auth = {"t": "auth", "ticket": issued["ticket"], "caps": []}
        sub = {"t": "sub", "id": 1, "topic": f"merchant:{self.shop['merchant']}"}
        return Conversation(
            f"{socket_url}/ws/v1",
            steps=[("", json.dumps(auth)), ('"welcome"', json.dumps(sub)), ('"snap"', "")],
            answers={'{"t":"ping"}': '{"t":"pong"}'},
            subprotocol=SUBPROTOCOL,
        )

    def heard(self, frame: bytes) -> list[Seen]:
        said = json.loads(frame)
        events = {"ev": [said], "evs": said.get("evs", [])}.get(said["t"], [])
        return [
            Seen(
                event["d"]["id"],
                event["d"]["state"],
                (event.get("topic", said.get("topic")), event["seq"]),
            )
            for event in events
        ]

    async def walk(self, call: Call, announce: Announce) -> None:
        lines = [{"item_id": item, "quantity": 2} for item in self.shop["items"]]
        what = {
            "merchant_id": self.shop["merchant"],
            "fulfilment": "pickup",
            "lines": lines,
            "dropoff": None,
        }
        customer = self.shop["customer"]
        quote = await call(customer, "/api/v1/quotes", what)
        placing = {
            "quote": quote["quote"],
            "payment_method": "cash",
            "contact": {"name": "Lin", "phone": "+8613800138000"},
            "note": "",
        }
        order = await call(customer, "/api/v1/orders", placing)
        for state, who, command in self._steps:
            announce(order["id"], state)
            await call(self.shop[who], f"/api/v1/orders/{order['id']}/{command}", {})


DIALECTS: dict[str, type[Dialect]] = {"textbook": Textbook, "paidan": Paidan}
