"""Where a courier is: shown while they carry the order, seldom, and only the newest."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from core.people.models import Person
from dispatch.models import CourierShift
from dispatch.positions.store import positions
from realtime.client import Client
from realtime.protocol import CourierPos
from realtime.spacing import POSITION_SECONDS
from tests.builders import LATITUDE, LONGITUDE, Scene, make_scene
from tests.realtime import probe
from tests.realtime.conftest import Shop, make_person
from tests.realtime.raw import SECONDS, RawSocket, welcomed
from tests.realtime.streams import poll, streamed
from tests.realtime.test_closes import narrow


@pytest.fixture
def scene(shop: Shop) -> Scene:
    """An order on its way, now."""
    scene = make_scene()
    scene.now = datetime.now(UTC)
    CourierShift.objects.create(
        person=scene.courier,
        state="online",
        latitude=LATITUDE,
        longitude=LONGITUDE,
        position_at=scene.now,
    )
    scene.bring_to("handed_over")
    return scene


def of(shop: Shop, person: Person) -> Shop:
    """The shop's node, as somebody else sees it."""
    return Shop(shop.node, person, shop.merchant_id)


async def move(wire: RawSocket, step: int) -> None:
    """Report a place, as if nothing had been reported for long."""
    await sync_to_async(forget_reports)()
    at = datetime.now(UTC).isoformat()
    await wire.send({"t": "pos", "lat": LATITUDE + step / 1000, "lng": LONGITUDE, "at": at})


def forget_reports() -> None:
    """Let every courier have reported a minute ago, as far as anybody knows."""
    for courier_id in CourierShift.objects.values_list("pk", flat=True):
        positions().forget(courier_id)
    ago = datetime.now(UTC) - timedelta(minutes=1)
    CourierShift.objects.update(last_seen_at=ago, position_at=ago)


@asynccontextmanager
async def watching(shop: Shop, scene: Scene) -> AsyncIterator[tuple[Client, list[CourierPos]]]:
    """Let the customer watch their order, and collect what is shown."""
    shown: list[CourierPos] = []
    async with of(shop, scene.customer).client() as client:
        client.on_position = shown.append
        await client.subscribe(f"order:{scene.order.pk}")
        yield client, shown


class TestPosition:
    async def test_is_shown_to_the_customer(self, shop: Shop, scene: Scene) -> None:
        async with (
            watching(shop, scene) as (client, shown),
            welcomed(of(shop, scene.courier)) as wire,
        ):
            await move(wire, 1)
            await client.until(lambda: len(shown) == 1)
            assert shown[0].courier == str(scene.courier.pk)
            assert shown[0].lat == pytest.approx(LATITUDE + 0.001)

    async def test_is_shown_no_more_once_the_leg_has_ended(self, shop: Shop, scene: Scene) -> None:
        proof = {"kind": "pin", "value": scene.order.handover_code}
        async with welcomed(of(shop, scene.courier)) as wire:
            await move(wire, 1)
            await sync_to_async(scene.act)("leg.deliver", "courier", proof=proof)
            async with watching(shop, scene) as (client, shown):
                async with welcomed(of(shop, scene.courier)) as later:
                    await move(later, 2)
                    await until_stored(LATITUDE + 0.002)
                order = client.views[f"order:{scene.order.pk}"]
                seq = order.seq
                arguments = {"topic": order.topic, "texts": ["after the place"]}
                await client.command("probe.say", arguments)
                await client.until(lambda: order.seq > seq)
                assert shown == []

    async def test_comes_once_in_three_seconds_to_one_viewer(
        self, shop: Shop, scene: Scene
    ) -> None:
        assert POSITION_SECONDS == 3.0
        topic = f"order:{scene.order.pk}"
        async with watching(shop, scene) as (client, shown):
            for number in range(5):
                place = [topic, frame(topic, number)]
                await client.command("probe.ring", {"topic": topic, "message": {"pos": [place]}})
            await client.until(lambda: bool(shown))
            await client.command("probe.closes")
            assert [place.lat for place in shown] == [0.0]


Tell = Callable[[], Awaitable[None]]


class Visits:
    """Somebody who comes to an order again and again, and what they are shown in all."""

    def __init__(self, viewer: Shop, topic: str, way: str, tell: Tell) -> None:
        self.shown_count = 0
        self._viewer = viewer
        self._topic = topic
        self._come = getattr(self, f"_by_{way}")
        self._tell = tell
        self._since: Any = None

    async def come(self) -> None:
        """Come back, look until what is told ends with an event, and leave."""
        await self._come()

    async def _by_socket(self) -> None:
        async with welcomed(self._viewer) as wire:
            frame = {"t": "sub", "id": 1, "topic": self._topic}
            await wire.send(frame | ({"since": self._since} if self._since else {}))
            joined = await wire.read("subd" if self._since else "snap")
            await self._tell()
            while (said := await wire.next())["t"] != "ev":
                self.shown_count += said["t"] == "pos"
            self._since = {"epoch": joined["epoch"], "seq": said["seq"]}

    async def _by_events(self) -> None:
        async with streamed(self._viewer, self._topic, since=self._since or "") as stream:
            await stream.read("subd" if self._since else "snap")
            await self._tell()
            while (said := await stream.message()) is not None and said.frame["t"] != "ev":
                self.shown_count += said.frame["t"] == "pos"
            assert said is not None
            self._since = said.id

    async def _by_poll(self) -> None:
        if self._since is None:
            self._since, _ = await poll(self._viewer, self._topic)
        polling = asyncio.create_task(poll(self._viewer, self._topic, since=self._since))
        await self._tell()
        self._since, frames = await polling
        self.shown_count += sum(frame["t"] == "pos" for frame in frames)


@pytest.mark.parametrize("way", ["socket", "events", "poll"])
class TestComingBack:
    async def test_is_shown_no_more_than_staying(self, shop: Shop, scene: Scene, way: str) -> None:
        topic = f"order:{scene.order.pk}"

        async def ring() -> None:
            place = [topic, frame(topic, 1)]
            async with shop.client() as client:
                await client.command("probe.ring", {"topic": topic, "message": {"pos": [place]}})
            await say(topic)

        visits, began_at = Visits(of(shop, scene.customer), topic, way, ring), time.monotonic()
        async with asyncio.timeout(SECONDS):
            while visits.shown_count < 2:
                await visits.come()
                passed = time.monotonic() - began_at
                assert visits.shown_count <= 1 + passed / POSITION_SECONDS

    async def test_is_shown_nothing_once_the_leg_has_ended(
        self, shop: Shop, scene: Scene, way: str
    ) -> None:
        topic, steps = f"order:{scene.order.pk}", count(1)

        async def go_on() -> None:
            step = next(steps)
            async with welcomed(of(shop, scene.courier)) as wire:
                await move(wire, step)
                await until_stored(LATITUDE + step / 1000)
            await say(topic)

        before = Visits(of(shop, scene.customer), topic, way, go_on)
        async with asyncio.timeout(SECONDS):
            while not before.shown_count:
                await before.come()
        proof = {"kind": "pin", "value": scene.order.handover_code}
        await sync_to_async(scene.act)("leg.deliver", "courier", proof=proof)
        after = Visits(of(shop, scene.staff), topic, way, go_on)
        for _ in range(2):
            await after.come()
        assert after.shown_count == 0


class TestSlowReader:
    async def test_is_given_the_newest_and_never_closed(self, shop: Shop) -> None:
        operator = of(shop, await sync_to_async(make_person)(is_operator=True))
        topic, count, size = f"zone:{uuid4()}", 2000, 15
        async with (
            operator.client() as quick,
            welcomed(operator, sock=narrow(shop), max_queue=1) as slow,
        ):
            await slow.send({"t": "sub", "id": 1, "topic": topic})
            await slow.read("subd")
            for start in range(0, count, size):
                places = [
                    [topic, frame(topic, number, padding=3000)]
                    for number in range(start, min(start + size, count))
                ]
                await quick.command("probe.ring", {"topic": topic, "message": {"pos": places}})
            received: list[float] = []
            async with asyncio.timeout(SECONDS):
                while not received or received[-1] != count - 1:
                    received.append((await slow.read("pos"))["lat"])
        assert received == sorted(received)
        assert len(received) < count


def frame(topic: str, number: int, *, padding: int = 0) -> str:
    """One place of one courier; the padding makes it large."""
    place = {"t": "pos", "topic": topic, "courier": "c", "lat": number, "lng": 2}
    return json.dumps({**place, "at": "x" * padding}, separators=(",", ":"))


async def say(topic: str) -> None:
    """Say something that is an event."""
    await sync_to_async(probe.say)(topic, "that was all")


async def until_stored(latitude: float) -> None:
    """Wait until the place was taken."""

    def stored() -> float | None:
        ids = list(CourierShift.objects.values_list("pk", flat=True))
        return next((fix.latitude for fix in positions().get(ids).values()), None)

    async with asyncio.timeout(SECONDS):
        while await sync_to_async(stored)() != pytest.approx(latitude):  # noqa: ASYNC110  a row
            await asyncio.sleep(0.05)
