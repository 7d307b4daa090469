"""A courier: rides along the streets, answers offers by mood, carries up to three orders."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.policy import METRES_PER_MINUTE, Vehicle
from realtime.client_views import TopicView
from realtime.protocol import EventBody
from web.demo.camera import take_photo
from web.demo.device import Device
from web.demo.geometry import Place
from web.demo.riding import Ride
from web.demo.seed import Login
from web.demo.story import CourierMood, courier_mood, courier_start
from web.demo.world import World


METRES_PER_SECOND = METRES_PER_MINUTE[Vehicle.SCOOTER] / 60
STEP_SECONDS = 5.0
IDLE_SECONDS = 30.0
REPORT_REAL_SECONDS = 1.05
"""The hub hears one position a second."""
BREAK_SECONDS = 300.0
"""Until a courier who was put off line comes back."""
DOOR_SECONDS = 40.0
REFUSED_SECONDS = 15.0
TOLD_REAL_SECONDS = 5.0
NEAR_METRES = 1.0
AWAY = frozenset({"ignored_offers", "silent"})
"""Why the hub puts couriers off line, who then come back."""
HAND_BACK = "hand back"
"""No command: the shop says that it has the bag again."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where one leg needs the courier next, and what to do there."""

    leg_id: str
    version: int
    place: Place
    command: str


class CourierPlayer:
    """Plays one courier with one phone."""

    def __init__(self, world: World, login: Login, number: int) -> None:
        """Do nothing yet."""
        self.world = world
        self.number = number
        self.topic = f"courier:{login.id}"
        self.device = Device(world, login, "骑手 courier")
        self.place = courier_start(world.seed, number)
        self._riding: Ride | None = None
        self._reported_at = 0.0
        self.is_there = asyncio.Event()
        """Cleared while the courier has vanished: the phone says nothing, and nobody moves."""
        self.is_there.set()

    async def start(self) -> None:
        """Switch the phone on and go on line."""
        topics = (self.topic, f"user:{self.device.login.id}")
        await self.device.start(topics, on_event=self._heard)
        await self._go_online()
        self.world.spawn(self._work())

    async def _go_online(self) -> None:
        await self.device.command(
            "courier.go_online",
            latitude=self.place.latitude,
            longitude=self.place.longitude,
            vehicle=Vehicle.SCOOTER,
        )

    def _heard(self, view: TopicView, event: EventBody) -> None:
        if view.topic != self.topic:
            self.device.read_inbox(event, after_seconds=30)
        elif event.key.startswith("offer:") and event.d["state"] == "open":
            self.world.spawn(self._consider(event.d))
        elif event.key.startswith("courier:") and event.d["cause"] in AWAY:
            self.world.spawn(self._come_back())

    async def _consider(self, offer: Mapping[str, Any]) -> None:
        if offer["order_id"] in self.world.aside:
            return
        plan = await self.world.plan_of(offer["order_id"])
        mood, seconds = courier_mood(self.world.seed, self.number, plan.index)
        await self.world.sleep(seconds)
        row = self.device.row(self.topic, f"offer:{offer['id']}")
        if mood is CourierMood.IGNORES or row is None or self._is_over(row):
            return
        await self.is_there.wait()
        answer = "offer.accept" if mood is CourierMood.ACCEPTS else "offer.decline"
        await self.device.command(answer, offer_id=offer["id"])

    def _is_over(self, offer: Mapping[str, Any]) -> bool:
        """Whether the ring around the offer has run out, even if the hub has not said so yet."""
        return datetime.fromisoformat(offer["expires_at"]) <= self.world.now()

    async def _come_back(self) -> None:
        await self.world.sleep(BREAK_SECONDS)
        await self.is_there.wait()
        await self._go_online()

    async def _work(self) -> None:
        while True:
            await self.is_there.wait()
            stop = min(self._stops(), key=self._distance, default=None)
            if stop is None:
                await self._wait()
            elif self._distance(stop) > NEAR_METRES:
                await self._ride(stop.place)
            else:
                await self._act(stop)

    async def _wait(self) -> None:
        """Ride to where orders are expected, if somebody said so; else stand still."""
        hint = self._hint()
        if hint is not None and self.place.metres_to(hint) > NEAR_METRES:
            await self._ride(hint)
            return
        await self._report()
        await self.world.sleep(IDLE_SECONDS if not self._legs() else STEP_SECONDS)

    def _hint(self) -> Place | None:
        row = self.device.row(self.topic, self.topic)
        hint = row["wait_at"] if row is not None and not self._legs() else None
        if hint is None or datetime.fromisoformat(hint["until"]) <= self.world.now():
            return None
        return _place(hint)

    def _distance(self, stop: Stop) -> float:
        return self.place.metres_to(stop.place)

    def _legs(self) -> list[tuple[int, Mapping[str, Any]]]:
        rows = self.device.client.views[self.topic].rows
        return [(row.version, row.data) for key, row in rows.items() if key.startswith("leg:")]

    def _stops(self) -> Iterator[Stop]:
        """What can be done now; a bag that is not ready can only be waited for."""
        for version, leg in self._legs():
            shop, door = (_place(leg[name]) for name in ("merchant", "dropoff"))
            match leg["state"]:
                case "assigned":
                    yield Stop(leg["id"], version, shop, "leg.arrive_pickup")
                case "at_pickup" if "pick_up" in leg["allowed"]:
                    yield Stop(leg["id"], version, shop, "leg.pick_up")
                case "picked_up":
                    yield Stop(leg["id"], version, door, "leg.arrive_dropoff")
                case "at_dropoff":
                    yield Stop(leg["id"], version, door, "leg.deliver")
                case "failed":
                    yield Stop(leg["id"], version, door, "leg.start_return")
                case "returning":
                    yield Stop(leg["id"], version, shop, HAND_BACK)

    async def _ride(self, goal: Place) -> None:
        """Ride one step; where to is decided anew after each."""
        if self._riding is None or self._riding.goal != goal:
            self._riding = Ride(self.place, goal)
        ride = self._riding
        seconds = min(STEP_SECONDS, ride.metres_left(self.place) / METRES_PER_SECOND)
        seconds = max(seconds, 0.01 * self.world.clock.speed)  # a timer is no finer than that
        await self.world.sleep(seconds)
        self.place = ride.go(self.place, METRES_PER_SECOND * seconds)
        await self._report()

    async def _report(self) -> None:
        now = time.monotonic()
        if self.is_there.is_set() and now - self._reported_at >= REPORT_REAL_SECONDS:
            self._reported_at = now
            await self.device.report(self.place)

    async def _act(self, stop: Stop) -> None:
        row = self.device.row(self.topic, f"leg:{stop.leg_id}")
        if row is None:
            return
        if stop.command == HAND_BACK:
            self.world.hearsay.tell(f"back:{row['order_id']}", stop.leg_id)
            await self.device.until(lambda: self._has_moved(stop))
            return
        command, arguments = await self._manner(stop, row)
        answer = await self.device.command(command, leg_id=stop.leg_id, **arguments)
        if answer is None:
            await self.world.sleep(REFUSED_SECONDS)
            return
        await self.device.until(lambda: self._has_moved(stop))

    def _has_moved(self, stop: Stop) -> bool:
        row = self.device.client.views[self.topic].rows.get(f"leg:{stop.leg_id}")
        return row is None or row.version > stop.version

    async def _manner(self, stop: Stop, leg: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The command as it will really be given, with what it needs."""
        if stop.command == "leg.pick_up":
            return stop.command, {"number": leg["number"]}
        if stop.command != "leg.deliver":
            return stop.command, {}
        await self.world.sleep(DOOR_SECONDS)
        plan = await self.world.plan_of(leg["order_id"])
        if not plan.is_home:
            return "leg.fail", {"reason": "nobody_there"}
        return stop.command, {"proof": await self._proof(leg)}

    async def _proof(self, leg: Mapping[str, Any]) -> dict[str, str]:
        """Ask at the door for the code; a visitor's order is photographed."""
        order_id = leg["order_id"]
        try:
            code = await self.world.hearsay.hear(f"code:{order_id}", seconds=TOLD_REAL_SECONDS)
        except TimeoutError:
            photo = await self.device.send_photo(leg["id"], take_photo())
            return {"kind": "photo", "value": photo or "none"}
        return {"kind": "pin", "value": code}


def _place(where: Mapping[str, Any]) -> Place:
    return Place(where["latitude"], where["longitude"])
