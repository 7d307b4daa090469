"""The devices of this process: who comes, goes and feels ill, written down once a second.

A session that hears nothing is closed within 40 s, and the process vouches for all others with
one row every 15 s; so a device that is not there is known within 45 s whatever died, and ten
thousand idle boards cost one small write in 15 s.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, Protocol, TypeVar
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError

from core.clock import now, real_now
from core.identifiers import new_id
from core.people.models import Person
from core.presence.commands import remove_dead_nodes, renew_lease, write_devices
from core.presence.models import Device
from core.presence.queries import LOW_BATTERY_PERCENT
from realtime.database import in_database
from realtime.protocol import Health
from realtime.topics import Topic, TopicKind
from realtime.visitors import Guest, Visitor


log = structlog.get_logger(__name__)

WRITE_SECONDS: Final = 1.0
RENEW_SECONDS: Final = 15.0
DEVICES_AT_ONCE: Final = 1000
"""Written in one second at most: after a restart the handshakes of all boards come first."""
LINGER_SECONDS: Final = 10.0
"""How long a poll's place is kept: its client comes back when it has read the answer."""
BATTERY_STEP_PERCENT: Final = 5
"""A smaller change is not news, unless the battery is now low."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a device has told of itself; None where it has not."""

    battery_percent: int | None = None
    is_charging: bool | None = None
    is_sound_allowed: bool | None = None
    is_hidden: bool | None = None

    def after(self, told: Health) -> "Condition":
        """What is known once it has told this: what is left out stays as it was."""
        battery = None if told.battery is None else round(told.battery * 100)
        return Condition(
            battery_percent=_newer(battery, self.battery_percent),
            is_charging=_newer(told.charging, self.is_charging),
            is_sound_allowed=_newer(told.sound, self.is_sound_allowed),
            is_hidden=_newer(told.hidden, self.is_hidden),
        )

    def is_news_after(self, before: "Condition") -> bool:
        """Whether it differs enough from what was written to be written."""
        if replace(self, battery_percent=None) != replace(before, battery_percent=None):
            return True
        return _is_news(before.battery_percent, self.battery_percent)


Told = TypeVar("Told")

UNKNOWN: Final = Condition()


@dataclass(slots=True, eq=False)
class Place:
    """One topic that a device follows, as one row."""

    id: UUID
    merchant_id: UUID | None
    since: datetime
    is_stored: bool = False
    is_gone: bool = False


class Follower(Protocol):
    """A session, as presence sees it."""

    id: UUID

    @property
    def visitor(self) -> Visitor:
        """Whose it is."""

    @property
    def is_stream(self) -> bool:
        """Whether it came over HTTP."""


@dataclass(slots=True, eq=False)
class _Connected:
    """A session with a device's place, or several."""

    person_id: UUID
    condition: Condition
    places: dict[str, Place]

    def row(self, place: Place, node_id: UUID) -> Device:
        told = self.condition
        return Device(
            id=place.id,
            node_id=node_id,
            person_id=self.person_id,
            merchant_id=place.merchant_id,
            since=place.since,
            battery_percent=told.battery_percent,
            is_charging=told.is_charging,
            is_sound_allowed=told.is_sound_allowed,
            is_hidden=told.is_hidden,
        )


@dataclass(frozen=True, slots=True)
class _Lingering:
    """A place that a poll has left, and the next one may take."""

    place: Place
    device: _Connected
    until: float


class Presence:
    """Keeps the rows of this process's devices true."""

    def __init__(self) -> None:
        """Start without devices, and so without a row."""
        self.node_id = new_id()
        self._devices: dict[Follower, _Connected] = {}
        self._changed: dict[Place, _Connected] = {}
        self._gone: list[Device] = []
        self._lingering: dict[tuple[UUID, str], _Lingering] = {}
        self._renewed_at: float | None = None
        self._cleaned_at = time.monotonic()

    @property
    def device_count(self) -> int:
        """Sessions that are a board or a courier's device."""
        return len(self._devices)

    def joined(self, follower: Follower, topic: Topic) -> None:
        """Note that the session follows the topic, if that makes it a device."""
        visitor = follower.visitor
        if isinstance(visitor, Guest) or not _makes_device(visitor.person, topic):
            return
        device = self._devices.get(follower)
        if device is None:
            device = _Connected(visitor.person.pk, UNKNOWN, {})
            self._devices[follower] = device
        if (name := str(topic)) not in device.places:
            place = self._back(device, name) if follower.is_stream else None
            if place is None:
                merchant_id = topic.id if topic.kind is TopicKind.MERCHANT else None
                place = Place(new_id(), merchant_id, real_now())
                self._changed[place] = device
            device.places[name] = place

    def left(self, follower: Follower, topic: str) -> None:
        """Note that it follows the topic no more."""
        device = self._devices.get(follower)
        place = device.places.pop(topic, None) if device else None
        if device is not None and place is not None:
            self._leave(follower, device, topic, place)
            if not device.places:
                del self._devices[follower]

    def ended(self, follower: Follower) -> None:
        """Note that the session is over, or is being closed; again is harmless."""
        device = self._devices.pop(follower, None)
        if device is not None:
            for topic, place in device.places.items():
                self._leave(follower, device, topic, place)

    def heard(self, follower: Follower, told: Health | None) -> None:
        """Take what a device tells of itself."""
        device = self._devices.get(follower) if told is not None else None
        if device is None or told is None:
            return
        condition = device.condition.after(told)
        if condition.is_news_after(device.condition):
            device.condition = condition
            self._changed.update(dict.fromkeys(device.places.values(), device))

    async def keep_forever(self) -> None:
        """Write once a second what there is to write; a database that is down is asked again."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            await self.write()

    async def write(self) -> None:
        """Write what has changed, and renew the lease when it is time."""
        self._stop_waiting()
        changed, gone = self._take()
        is_clean = self._is_clean()
        if is_clean and not (changed or gone or self._is_due()):
            return
        rows = [device.row(place, self.node_id) for place, device in changed.items()]
        node_id = self.node_id if self._devices or self._lingering else None
        work = partial(_write, node_id, rows, gone, clean=not is_clean)
        try:
            was_known = await in_database(work)
        except (DatabaseError, InterfaceError):
            log.warning("presence.write_failed", exc_info=True)
            lasting = {place: each for place, each in changed.items() if not place.is_gone}
            self._changed = lasting | self._changed
            self._gone = gone + self._gone
            return
        if not is_clean:
            self._cleaned_at = time.monotonic()
        if node_id is not None:
            self._renewed(changed, was_known=was_known)

    def _take(self) -> tuple[dict[Place, _Connected], list[Device]]:
        taken = dict(list(self._changed.items())[:DEVICES_AT_ONCE])
        for place in taken:
            del self._changed[place]
            # Whether or not the write succeeds, the row may be there from now on.
            place.is_stored = True
        gone, self._gone = self._gone, []
        return taken, gone

    def _is_clean(self) -> bool:
        """Whether dead processes were looked for lately, which those without boards do too."""
        return time.monotonic() - self._cleaned_at < RENEW_SECONDS

    def _is_due(self) -> bool:
        if not self._devices and not self._lingering:
            return False
        return self._renewed_at is None or time.monotonic() - self._renewed_at >= RENEW_SECONDS

    def _renewed(self, written: dict[Place, _Connected], *, was_known: bool) -> None:
        is_first = self._renewed_at is None
        self._renewed_at = time.monotonic()
        if was_known or is_first:
            return
        # We were thought dead, and our devices removed.
        log.warning("presence.lease_was_lost", devices=len(self._devices))
        for device in self._devices.values():
            for place in device.places.values():
                if place not in written:
                    self._changed[place] = device

    def _leave(self, follower: Follower, device: _Connected, topic: str, place: Place) -> None:
        if follower.is_stream and (device.person_id, topic) not in self._lingering:
            until = time.monotonic() + LINGER_SECONDS
            self._lingering[device.person_id, topic] = _Lingering(place, device, until)
        else:
            self._remove(place, device)

    def _back(self, device: _Connected, topic: str) -> Place | None:
        """Return the place that the same person's last poll left, if that was just now."""
        left = self._lingering.pop((device.person_id, topic), None)
        if left is None:
            return None
        if left.place in self._changed:
            self._changed[left.place] = device
        return left.place

    def _stop_waiting(self) -> None:
        now = time.monotonic()
        for key, left in tuple(self._lingering.items()):
            if left.until <= now:
                del self._lingering[key]
                self._remove(left.place, left.device)

    def _remove(self, place: Place, device: _Connected) -> None:
        place.is_gone = True
        self._changed.pop(place, None)
        if place.is_stored:
            self._gone.append(device.row(place, self.node_id))


def _write(
    node_id: UUID | None, changed: Sequence[Device], gone: Sequence[Device], *, clean: bool
) -> bool:
    """Carry one second's changes out; return whether our lease was still known."""
    at = real_now()
    was_known = node_id is None or renew_lease(node_id, at=at)
    write_devices(changed, gone, at=at, now=now())
    if clean:
        remove_dead_nodes(at=at, now=now())
    return was_known


def _makes_device(person: Person, topic: Topic) -> bool:
    """Whether somebody who may follow the topic does so as the one it is meant for.

    An operator who looks at a shop's board hears nothing for the shop.
    """
    if topic.kind is TopicKind.MERCHANT:
        return not person.is_operator
    return topic.kind is TopicKind.COURIER and topic.id == person.pk


def _newer(told: Told | None, known: Told | None) -> Told | None:
    return known if told is None else told


def _is_news(before: int | None, after: int | None) -> bool:
    if before is None or after is None:
        return before is not after
    if (before <= LOW_BATTERY_PERCENT) is not (after <= LOW_BATTERY_PERCENT):
        return True
    return abs(after - before) >= BATTERY_STEP_PERCENT
