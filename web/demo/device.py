"""One device of one person: a push subscription, a socket, and the HTTP API."""

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from realtime.client import Client
from realtime.client_terms import Patience
from realtime.client_views import TopicView
from realtime.protocol import EventBody, Pos
from web.demo.geometry import Place
from web.demo.outside import Api
from web.demo.seed import Login
from web.demo.world import World


FOREVER_SECONDS = 10 * 24 * 3600.0
LOG_LIMIT = 200
"""Steps of a view that are kept when nobody will check them."""

LOOKED_AT = frozenset(
    {"order_handed_over", "order_cancelled", "refunded", "set_offline", "fell_silent"}
)
"""Plain notices that people open; the others stay unread, as in life."""

Seen = Callable[[TopicView, EventBody], None]


class Device:
    """What a person holds in the hand; `client` is public for those who check its log."""

    def __init__(self, world: World, login: Login, label: str) -> None:
        """Do nothing yet."""
        self.world = world
        self.login = login
        self.label = label
        self.api = Api(world.session, world.base_url, login.token)
        url = f"{world.base_url.replace('http', 'ws', 1)}/ws/v1"
        self.client = Client(
            url,
            self._ticket,
            patience=Patience(least=0.2, most=2.0),
            log_limit=None if world.keeps_everything else LOG_LIMIT,
        )
        self.client.on_event = self._count
        self.on_event: Seen | None = None
        self.is_on = asyncio.Event()
        """Cleared while the device has no battery: it has no socket, and gets none."""
        self.is_on.set()

    async def start(self, topics: Iterable[str], *, on_event: Seen | None = None) -> None:
        """Register for push, connect, and follow `topics`."""
        self.on_event = on_event
        await self._register_for_push()
        await self.client.__aenter__()
        for topic in topics:
            await self.client.subscribe(topic)

    async def switch_off(self) -> None:
        """Vanish at once, without a word to the server."""
        self.is_on.clear()
        await self.client.drop()

    async def _ticket(self) -> str:
        await self.is_on.wait()
        return await self.api.ticket()

    async def stop(self) -> None:
        """Leave."""
        await self.client.close()

    async def command(self, name: str, **arguments: Any) -> dict[str, Any] | None:
        """Give a command over the socket; none when it was refused."""
        return await self.world.attempt(name, self.client.command(name, arguments))

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST to the API; none when it was refused."""
        name = f"POST /{path.split('/')[1]}/{path.rpartition('/')[2]}"
        return await self.world.attempt(name, self.api.post(path, body))

    async def send_photo(self, leg_id: str, content: bytes) -> str | None:
        """Send a picture of a delivery; return its id, none when it was refused."""
        file_id = str(uuid.uuid4())
        sending = self.api.put(f"/legs/{leg_id}/proofs/{file_id}", content, kind="photo")
        return file_id if await self.world.attempt("PUT /legs/proofs", sending) else None

    def row(self, topic: str, key: str) -> Mapping[str, Any] | None:
        """What the device knows of one thing."""
        view = self.client.views.get(topic)
        row = view.rows.get(key) if view is not None else None
        return row.data if row is not None else None

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that came has made it true."""
        await self.client.until(condition, seconds=FOREVER_SECONDS)

    async def report(self, place: Place) -> None:
        """Tell where the device is."""
        at = self.world.now().isoformat()
        await self.client.report_position(Pos(lat=place.latitude, lng=place.longitude, at=at))

    def read_inbox(self, event: EventBody, *, after_seconds: float) -> None:
        """Look at a fresh notice after a while, if it says much; press its button."""
        notice = event.d
        if not event.key.startswith("notice:") or not notice["open"] or notice["seen_at"]:
            return
        if notice["needs_act"] or notice["template"] in LOOKED_AT:
            press = self.client.act if notice["needs_act"] else self.client.seen
            self.world.spawn(self._later(after_seconds, partial(press, notice["receipt"])))

    async def _later(self, seconds: float, doing: Callable[[], Any]) -> None:
        await self.world.sleep(seconds)
        await doing()

    async def _register_for_push(self) -> None:
        wanted = {
            "label": self.label,
            "person": self.login.name,
            "phone": self.login.phone,
            "vapid_public_key": self.world.vapid_public_key,
        }
        url = f"{self.world.sandbox_url}/push/devices"
        async with self.world.session.post(url, json=wanted) as response:
            device = await response.json()
        subscription = {"endpoint": device["endpoint"], "keys": device["keys"]}
        await self.post("/push/subscriptions", subscription)

    def _count(self, view: TopicView, event: EventBody) -> None:
        self.world.tally.event_count += 1
        if self.on_event is not None:
            self.on_event(view, event)
