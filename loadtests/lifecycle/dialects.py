"""How an order is walked from placed to completed on each server."""

import json
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from loadtests.measure.paidan import SUBPROTOCOL
from loadtests.measure.websocket import Conversation


@dataclass(frozen=True)
class Seen:
    """A fact as it arrived on a board: which order, what it now is, what makes the fact unique."""

    order: str
    states: frozenset[str]
    identity: Hashable
    view: Mapping[str, Any]


class Hands(Protocol):
    """What a walk may do."""

    async def call(self, token: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a JSON body with a token and return the answer's body."""

    async def command(self, token: str, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Give a command over the person's socket and return its answer."""

    def announce(self, order: str, state: str) -> None:
        """Say, just before asking for it, which state an order is about to reach."""

    async def shown(self, order: str, state: str) -> Mapping[str, Any]:
        """Wait until a board shows an order in a state, and return its view."""


class Dialect(ABC):
    """One server's way of saying it."""

    token_scheme: str
    transitions: int

    def __init__(self, shop: Mapping[str, Any]) -> None:
        self.shop = shop

    def speakers(self) -> Sequence[str]:
        """Tokens of those who give commands over a socket."""
        return ()

    @abstractmethod
    async def board(self, hands: Hands, socket_url: str) -> Conversation: ...

    @abstractmethod
    def heard(self, frame: bytes) -> list[Seen]: ...

    @abstractmethod
    async def walk(self, hands: Hands) -> None: ...


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

    async def board(self, _hands: Hands, socket_url: str) -> Conversation:
        return Conversation(f"{socket_url}/ws/merchant.{self.shop['merchant']}")

    def heard(self, frame: bytes) -> list[Seen]:
        order = json.loads(frame)
        identity = (order["id"], order["updated_at"])
        return [Seen(str(order["id"]), frozenset({order["status"]}), identity, order)]

    async def walk(self, hands: Hands) -> None:
        lines = [{"item": item, "quantity": 2} for item in self.shop["items"]]
        body = {"merchant": self.shop["merchant"], "address": "12 Long Lane", "lines": lines}
        order = await hands.call(self.shop["customer"], "/api/orders/", body)
        for status, who in self._steps:
            hands.announce(str(order["id"]), status)
            path = f"/api/orders/{order['id']}/status/"
            await hands.call(self.shop[who], path, {"status": status})


class Paidan(Dialect):
    """The product: a quote, an order, a command for every further step; it finds the courier."""

    token_scheme = "Bearer"
    _shop_steps = (("accepted", "accept"), ("preparing", "start"), ("ready", "ready"))
    _courier_steps = ("arrive_pickup", "pick_up", "arrive_dropoff", "deliver")
    _paths: Mapping[str, str] = MappingProxyType(
        {"order.quote": "/quotes", "order.place": "/orders"}
    )
    _courier_states = ("leg at_pickup", "handed_over", "leg at_dropoff", "completed")
    transitions = 1 + len(_shop_steps) + len(_courier_steps)

    async def board(self, hands: Hands, socket_url: str) -> Conversation:
        issued = await hands.call(self.shop["staff"], "/api/v1/realtime/ticket", {})
        auth = {"t": "auth", "ticket": issued["ticket"], "caps": []}
        sub = {"t": "sub", "id": 1, "topic": f"merchant:{self.shop['merchant']}"}
        return Conversation(
            f"{socket_url}/ws/v1",
            steps=[("", json.dumps(auth)), ('"welcome"', json.dumps(sub)), ('"last":true', "")],
            answers={'{"t":"ping"}': '{"t":"pong"}'},
            subprotocol=SUBPROTOCOL,
        )

    def heard(self, frame: bytes) -> list[Seen]:
        said = json.loads(frame)
        events = {"ev": [said], "evs": said.get("evs", [])}.get(said["t"], [])
        return [self._seen(event) for event in events if event["key"].startswith("order:")]

    def _seen(self, event: Mapping[str, Any]) -> Seen:
        view = event["d"]
        states = {view["state"]}
        if view["leg"]:
            states.add(f"leg {view['leg']['state']}")
        return Seen(view["id"], frozenset(states), (event["topic"], event["seq"]), view)

    async def walk(self, hands: Hands) -> None:
        placed = await self._place(hands)
        for state, step in self._shop_steps:
            hands.announce(placed["id"], state)
            await self._give(hands, self.shop["staff"], f"order.{step}", placed["id"])
        leg = (await hands.shown(placed["id"], "leg assigned"))["leg"]
        proof = {"kind": "pin", "value": placed["handover_code"]}
        bodies: Sequence[Mapping[str, Any]] = (
            {},
            {"number": placed["number"]},
            {},
            {"proof": proof},
        )
        courier = self.shop["couriers"][leg["courier"]["id"]]
        steps = zip(self._courier_steps, self._courier_states, bodies, strict=True)
        for step, state, body in steps:
            hands.announce(placed["id"], state)
            await self._give(hands, courier, f"leg.{step}", leg["id"], body)

    async def _place(self, hands: Hands) -> Mapping[str, Any]:
        what = {
            "merchant_id": self.shop["merchant"],
            "fulfilment": "delivery",
            "lines": [{"item_id": item, "quantity": 2} for item in self.shop["items"]],
            "dropoff": {"address": "12 Long Lane", "latitude": 31.201, "longitude": 121.401},
        }
        quote = await self._give(hands, self.shop["customer"], "order.quote", "", what)
        placing = {
            "quote": quote["quote"],
            "payment_method": "cash",
            "contact": {"name": "Lin", "phone": "+8613800138000"},
        }
        answer = await self._give(hands, self.shop["customer"], "order.place", "", placing)
        placed: Mapping[str, Any] = answer["order"]
        return placed

    async def _give(
        self,
        hands: Hands,
        token: str,
        name: str,
        subject: str,
        body: Mapping[str, Any] = MappingProxyType({}),
    ) -> dict[str, Any]:
        """Give a command over HTTP."""
        kind, _, verb = name.partition(".")
        path = self._paths.get(name) or f"/{kind}s/{subject}/{verb.replace('_', '-')}"
        return await hands.call(token, f"/api/v1{path}", dict(body))


class PaidanSocket(Paidan):
    """The same walk with every command over its giver's socket."""

    def speakers(self) -> Sequence[str]:
        return [self.shop["staff"], self.shop["customer"], *self.shop["couriers"].values()]

    async def _give(
        self,
        hands: Hands,
        token: str,
        name: str,
        subject: str,
        body: Mapping[str, Any] = MappingProxyType({}),
    ) -> dict[str, Any]:
        named = {f"{name.partition('.')[0]}_id": subject} if subject else {}
        return await hands.command(token, name, {**named, **body})


DIALECTS: dict[str, type[Dialect]] = {
    "textbook": Textbook,
    "paidan": Paidan,
    "paidan-socket": PaidanSocket,
}
