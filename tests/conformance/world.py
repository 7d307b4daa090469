"""What the suite needs around it: a shop, its people, and ways to make things happen there.

Everything goes through the public HTTP API, so that any hub behind any balancer can be judged.
"""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from uuid import uuid4

import aiohttp
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.conformance.rules import LeftOut, broken, hold
from tests.conformance.wire import SECONDS, Wire


Json = dict[str, Any]
Result = TypeVar("Result")

SUBPROTOCOL = Subprotocol("paidan.v1")
AT_ONCE = 8
"""Requests of ours in flight."""
SEGMENT_BYTES = 536
STREAM_BYTES = 2**20
"""Longest line of an event stream that we read."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a token; the password is known of those the suite let join."""

    id: str
    token: str
    phone: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the suite works: what the command line names."""

    url: str
    staff_token: str
    socket_url: str = ""
    merchant: str = ""
    courier_token: str = ""
    operator_token: str = ""
    connection_limit: int = 0
    patience_seconds: float = 90.0
    """Longest wait that is acceptable for a slow check."""
    terminate: Callable[[], None] | None = None
    """Sends the hub SIGTERM; known only of one that the suite started."""
    customers: list[Person] = field(default_factory=list)
    """Who has joined for all checks to use."""


class Refused(Exception):
    """The HTTP API said no."""

    def __init__(self, status: int, body: Json) -> None:
        """Keep the problem document."""
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


@dataclass
class World:
    """One check's view of the place; opened anew for each."""

    place: Place
    api: aiohttp.ClientSession
    staff: Person
    customer: Person
    merchant: str
    items: list[str]
    _stack: AsyncExitStack
    _quote: str = ""
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @classmethod
    @asynccontextmanager
    async def open(cls, place: Place) -> AsyncIterator[Self]:
        """Find the shop and let a customer join."""
        async with AsyncExitStack() as stack:
            session = aiohttp.ClientSession(
                place.url,
                cookie_jar=aiohttp.DummyCookieJar(),
                read_bufsize=STREAM_BYTES,
                max_field_size=STREAM_BYTES,
            )
            api = await stack.enter_async_context(session)
            nobody = Person("", "")
            staff = Person("", place.staff_token)
            world = cls(place, api, staff, nobody, place.merchant, [], stack)
            me = await world.get("/me", staff)
            world.staff = Person(me["id"], place.staff_token)
            world.merchant = place.merchant or _first_shop(me)
            menu = await world.get(f"/merchants/{world.merchant}/menu", staff)
            world.items = [item["id"] for item in menu["items"]]
            if not place.customers:
                place.customers.append(await world.join())
            world.customer = place.customers[0]
            yield world

    @property
    def board(self) -> str:
        """The shop's topic."""
        return f"merchant:{self.merchant}"

    # --- HTTP -------------------------------------------------------------------------

    async def get(self, path: str, by: Person | None, **query: Any) -> Any:
        """GET below `/api/v1`; the JSON of a 200."""
        return await self._call("GET", path, by, params=query)

    async def post(
        self, path: str, by: Person | None, body: Json | None = None, *, key: str = ""
    ) -> Any:
        """POST below `/api/v1`; the JSON of a 200."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._call("POST", path, by, json=body, headers=headers)

    async def _call(self, method: str, path: str, by: Person | None, **options: Any) -> Any:
        headers = dict(options.pop("headers", {}))
        if by is not None:
            headers["Authorization"] = f"Bearer {by.token}"
        async with (
            self._gate,
            self.api.request(method, f"/api/v1{path}", headers=headers, **options) as response,
        ):
            body = await response.json(content_type=None)
            if response.status >= 400:
                raise Refused(response.status, body)
            return body

    async def join(self) -> Person:
        """Let a new customer join."""
        phone, password = f"+86139{random.randrange(10**8):08}", uuid4().hex
        made = await self.post(
            "/people", None, {"phone": phone, "name": "Conformance", "password": password}
        )
        return Person(made["person"]["id"], made["token"], phone, password)

    async def given(self, token: str, what: str) -> Person:
        """Person of a token that the command line may name."""
        if not token:
            raise LeftOut(f"no token of {what} was given")
        return Person((await self.get("/me", Person("", token)))["id"], token)

    async def session(self, person: Person) -> str:
        """Log in for a session cookie, as browsers send it."""
        body = {"phone": person.phone, "password": person.password, "as_cookie": True}
        async with self.api.post("/api/v1/sessions", json=body) as answer:
            hold("served", "a session", answer.status, when="sessionid" in answer.cookies)
            return f"sessionid={answer.cookies['sessionid'].value}"

    async def revoke_tokens(self, person: Person) -> None:
        """Give up all tokens, which closes the person's sockets."""
        await self._call("DELETE", "/me/tokens", person)

    # --- things that happen -----------------------------------------------------------

    async def place_order(self, *, note: str = "", by: Person | None = None) -> Json:
        """Place a pickup order for cash; the customer's view of it."""
        if not self._quote:
            line = {"item_id": self.items[0], "quantity": 1}
            wanted = {"merchant_id": self.merchant, "fulfilment": "pickup", "lines": [line]}
            self._quote = (await self.post("/quotes", self.customer, wanted))["quote"]
        body = {
            "quote": self._quote,
            "payment_method": "cash",
            "contact": {"name": "Conformance", "phone": "+8613900000000"},
            "note": note,
        }
        answer = await self.post("/orders", by or self.customer, body, key=uuid4().hex)
        order: Json = answer["order"]
        return order

    async def place_orders(self, count: int, *, note: str = "") -> list[Json]:
        """Place several, a few at a time."""
        first = await self.place_order(note=note)
        rest = await asyncio.gather(*(self.place_order(note=note) for _ in range(count - 1)))
        return [first, *rest]

    async def act(self, order: Json, step: str, by: Person, body: Json | None = None) -> Json:
        """Take a step with an order: accept, cancel, start, ..."""
        answer: Json = await self.post(f"/orders/{order['id']}/{step}", by, body)
        return answer

    async def stir(self, count: int = 1) -> None:
        """Make `count` events on the board, as cheap as there are."""
        path = f"/items/{self.items[-1]}/set-stock"
        await asyncio.gather(*(self.post(path, self.staff, {"stock": None}) for _ in range(count)))

    async def head(self, topic: str, person: Person) -> tuple[str, int]:
        """Position of a topic now."""
        async with self.connected(person) as wire:
            return (await wire.subscribe(topic)).position

    async def history(self, count: int) -> tuple[str, int]:
        """Position of the board, once at least `count` events lie behind it."""
        epoch, seq = await self.head(self.board, self.staff)
        if seq < count:
            await self.stir(count - seq)
            async with asyncio.timeout(SECONDS):
                # What is committed may reach the hub's own memory a little later.
                while seq < count:
                    epoch, seq = await self.head(self.board, self.staff)
        return epoch, seq

    # --- sockets ----------------------------------------------------------------------

    async def ticket(self, person: Person) -> str:
        """Get a ticket."""
        answer = await self.post("/realtime/ticket", person)
        hold("served", "a ticket", answer, when=isinstance(answer.get("ticket"), str))
        return str(answer["ticket"])

    async def wait(self, seconds: float) -> None:
        """Let real time pass, because the protocol gives something so long."""
        await asyncio.sleep(seconds)

    @asynccontextmanager
    async def raw(
        self, *, path: str = "/ws/v1", narrow: bool = False, **options: Any
    ) -> AsyncIterator[Wire]:
        """Open a socket and say nothing; a narrow one can hold little that is not read."""
        base = self.place.socket_url or self.place.url.replace("http", "ws", 1)
        wanted: dict[str, Any] = {
            "compression": None,
            "ping_interval": None,
            "proxy": None,
            "max_queue": None,
            "subprotocols": [SUBPROTOCOL],
            "close_timeout": 1,
            **options,
        }
        if narrow:
            wanted |= {"sock": _narrow(base), "max_queue": 1}
        async with connect(base + path, **wanted) as opened:
            yield Wire(opened)

    @asynccontextmanager
    async def connected(self, person: Person, **options: Any) -> AsyncIterator[Wire]:
        """Open a socket that has been let in."""
        async with self.entering(await self.ticket(person), **options) as wire:
            yield wire

    @asynccontextmanager
    async def entering(self, ticket: str, **options: Any) -> AsyncIterator[Wire]:
        """Open a socket with a ticket, and read its welcome."""
        async with self.raw(**options) as wire:
            await wire.send({"t": "auth", "ticket": ticket, "caps": ["receipt"]})
            await wire.until(lambda: wire.welcome, "welcome")
            yield wire

    async def many(self, person: Person, count: int) -> list[Wire]:
        """Open several sockets, which close with the check."""
        return list(
            await asyncio.gather(
                *(self._stack.enter_async_context(self.connected(person)) for _ in range(count))
            )
        )


async def refusal(call: Awaitable[Any]) -> Refused:
    """What the HTTP API refused, which it must."""
    try:
        answer = await call
    except Refused as refused:
        return refused
    return broken("served", "a refusal", answer)


def _narrow(base: str) -> socket.socket:
    host, _, port = base.partition("://")[2].partition(":")
    narrowed = socket.socket()
    narrowed.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    # Small segments make the hub's kernel keep little, too: it sizes its buffer by them.
    narrowed.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
    narrowed.connect((host, int(port or 80)))
    narrowed.setblocking(False)  # noqa: FBT003  the library's signature
    return narrowed


def _first_shop(me: Json) -> str:
    if not me["memberships"]:
        broken("served", "the token of somebody who works for a shop", me)
    return str(me["memberships"][0]["merchant_id"])
