"""Nothing of whom an order is for or what it costs reaches a guest, by whatever way."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from core.events.models import StreamEntry
from core.events.queries import get_epoch, get_snapshot
from core.orders.models import Order
from core.people.models import Person
from dispatch.models import CourierShift
from realtime.guest_views import ORDER, Allowed, guest_row
from realtime.tickets import issue_guest_ticket
from realtime.visitors import Guest
from tests.builders import LATITUDE, LONGITUDE, Scene, make_scene
from tests.realtime.conftest import Shop
from tests.realtime.raw import RawSocket, raw, welcomed
from tests.realtime.streams import EventStream, events_in, requested
from tests.realtime.test_positions import move, of


SECRETS = {
    "contact_name": "SecretContact",
    "contact_phone": "+8613912345678",
    "note": "SecretNote",
    "dropoff_address": "SecretLane",
    "handover_code": "Secret",
}
WITHHELD = {
    *("number", "customer", "contact", "dropoff", "lines", "currency", "items_minor", "payment"),
    *("delivery_fee_minor", "total_minor", "note", "cancellation", "cancel", "nudge", "proposal"),
    *("is_flagged", "allowed", "merchant.id", "merchant.address", "merchant.phone"),
    *("times.free_cancellation_until", "hold.reason", "leg.id", "leg.courier.id"),
    *("leg.courier.name", "leg.courier.phone", "leg.search_escalated_at", "leg.failure_reason"),
    *(
        f"leg.{name}_at"
        for name in ("created", "assigned", "at_pickup", "picked_up", "at_dropoff", "failed")
    ),
    *("leg.returning_at", "leg.ended_at", "leg.attempt_count", "leg.failure_photo", "leg.proof"),
    "leg.proof_kinds",
    *("is_contactless", "leg.search_rung", "leg.search_waits_until", "pickup_proposed_at"),
    *("leg.near_pickup_at", "leg.near_dropoff_at"),
}
"""What was decided to be no guest's business; everything else of an order is named in `ORDER`."""


@pytest.fixture
def scene(shop: Shop) -> Scene:
    """An order that waits at the shop for its courier, full of secrets."""
    scene = make_scene(phone="+862100000000", address="SecretStreet")
    scene.now = datetime.now(UTC)
    CourierShift.objects.create(
        person=scene.courier,
        state="online",
        latitude=LATITUDE,
        longitude=LONGITUDE,
        position_at=scene.now,
    )
    Person.objects.update(name="SecretName")
    scene.place()
    Order.objects.update(**SECRETS)
    scene.act("accept", "staff")
    scene.act("start", "staff")
    scene.act("ready", "staff")
    scene.assign()
    return scene


async def ticket_of(scene: Scene) -> str:
    guest = Guest(scene.order.pk, datetime.now(UTC) + timedelta(minutes=10))
    return await sync_to_async(issue_guest_ticket)(guest)


def topic_of(scene: Scene) -> str:
    return f"order:{scene.order.pk}"


async def deliver(scene: Scene) -> None:
    """Let the order reach its customer: several events, some of one transaction."""

    def finish() -> None:
        scene.act("leg.pick_up", "courier", number=scene.reload().number)
        scene.act("leg.deliver", "courier", proof={"kind": "pin", "value": "Secret"})

    await sync_to_async(finish)()


def hold(scene: Scene, frames: list[dict[str, Any]]) -> None:
    """Prove that no frame tells a secret, and that the events follow each other to the end."""
    text = json.dumps(frames, ensure_ascii=False)
    people = scene.customer, scene.courier, scene.staff
    for secret in (
        *("Secret", "+86", "_minor", "currency", "payment.", "refund.", '"crit"'),
        str(LATITUDE + 0.009),
        *(str(person.pk) for person in people),
        str(scene.merchant.pk),
    ):
        assert secret not in text, secret
    events = events_in(frames)
    assert events
    assert all(later["p"] == event["seq"] for event, later in pairwise(events))


async def frames_until(socket: RawSocket, seq: int) -> list[dict[str, Any]]:
    """Read up to the event `seq`."""
    frames: list[dict[str, Any]] = []
    while not any(event["seq"] >= seq for event in events_in(frames)):
        frames.append(json.loads(await socket.socket.recv()))
    return frames


async def head_of(scene: Scene) -> int:
    entries = StreamEntry.objects.filter(topic=topic_of(scene)).order_by("-seq")
    seq = await sync_to_async(entries.values_list("seq", flat=True).first)()
    assert seq is not None
    return int(seq)


async def watched(shop: Shop, scene: Scene, since: int | None = None) -> list[dict[str, Any]]:
    """What a guest's socket is sent, from `since` or a snapshot up to now."""
    position = {}
    if since is not None:
        position = {"since": {"epoch": await sync_to_async(get_epoch)(), "seq": since}}
    async with raw(shop) as socket:
        await socket.send({"t": "auth", "ticket": await ticket_of(scene)})
        await socket.send({"t": "sub", "id": 1, "topic": topic_of(scene), **position})
        if since is not None:
            return await frames_until(socket, await head_of(scene))
        snap = await socket.read("snap")
        await deliver(scene)
        return [snap, *await frames_until(socket, await head_of(scene))]


class TestSocket:
    async def test_tells_no_secret_live(self, shop: Shop, scene: Scene) -> None:
        hold(scene, await watched(shop, scene))

    async def test_tells_no_secret_of_the_past(self, shop: Shop, scene: Scene) -> None:
        await deliver(scene)
        read = await watched(shop, scene, since=1)
        kept = await watched(shop, scene, since=1)
        for frames in (read, kept):
            hold(scene, frames)
            assert len(events_in(frames)) == await head_of(scene) - 1

    async def test_shows_the_courier_without_a_name(self, shop: Shop, scene: Scene) -> None:
        async with raw(shop) as socket, welcomed(of(shop, scene.courier)) as courier:
            await socket.send({"t": "auth", "ticket": await ticket_of(scene)})
            await socket.send({"t": "sub", "id": 1, "topic": topic_of(scene)})
            await socket.read("snap")
            await sync_to_async(scene.act)("leg.pick_up", "courier", number=scene.order.number)
            await move(courier, 1)
            place = await socket.read("pos")
            assert (place["courier"], place["lng"]) == ("", LONGITUDE)

    async def test_tells_those_who_take_part_everything(self, shop: Shop, scene: Scene) -> None:
        """The guests' form is nobody else's, though both follow one topic."""
        async with raw(shop) as guest, welcomed(of(shop, scene.customer)) as customer:
            await guest.send({"t": "auth", "ticket": await ticket_of(scene)})
            for socket in (guest, customer):
                await socket.send({"t": "sub", "id": 1, "topic": topic_of(scene)})
            snaps = [await socket.read("snap") for socket in (guest, customer)]
            assert ["Secret" in str(snap) for snap in snaps] == [False, True]


class TestStream:
    async def test_tells_no_secret(self, shop: Shop, scene: Scene) -> None:
        query, headers = {"ticket": await ticket_of(scene)}, {"Accept": "text/event-stream"}
        async with requested(shop.node, topic_of(scene), query=query, headers=headers) as answer:
            stream = EventStream(answer)
            frames = [(await stream.read("snap")).frame]
            await deliver(scene)
            head = await head_of(scene)
            while not any(event["seq"] == head for event in events_in(frames)):
                told = await stream.message()
                assert told is not None
                frames.append(told.frame)
        hold(scene, frames)


class TestPoll:
    async def test_tells_no_secret(self, shop: Shop, scene: Scene) -> None:
        cursor, frames = await poll(shop, scene)
        await deliver(scene)
        head = await head_of(scene)
        while not any(event["seq"] == head for event in events_in(frames)):
            cursor, more = await poll(shop, scene, since=cursor)
            frames += more
        hold(scene, frames)


async def poll(shop: Shop, scene: Scene, **since: str) -> tuple[str, list[dict[str, Any]]]:
    """Poll once as a guest; the new cursor and the frames."""
    query = {"ticket": await ticket_of(scene), **since}
    async with requested(shop.node, topic_of(scene), query=query) as answer:
        found = await answer.json()
    return found["cursor"], found["frames"]


class TestMembers:
    def test_are_all_decided(self, scene: Scene) -> None:
        """A member that is new in the view of an order is named here or in `ORDER`."""
        scene.act("hold", "operator", reason="looking")
        row = get_snapshot(topic_of(scene), now=scene.now).rows[0]
        assert set(_undecided(row["d"], ORDER)) == WITHHELD


class TestNextDeadline:
    @pytest.mark.parametrize("kind", ["order.accept", "order.overdue"])
    def test_is_told_where_it_says_no_more_than_the_state(self, kind: str) -> None:
        coming = {"kind": kind, "due_at": "2026-03-02T12:00:00Z", "outcome": "closed"}
        assert _guest_reads(coming) == coming

    @pytest.mark.parametrize("kind", ["order.cancellation", "order.adjustment", "order.hold"])
    def test_is_withheld_where_it_tells_who_asked_for_what(self, kind: str) -> None:
        coming = {"kind": kind, "due_at": "2026-03-02T12:00:00Z", "outcome": "cancelled"}
        assert _guest_reads(coming) is None


def _guest_reads(coming: dict[str, str]) -> Any:
    row = {"key": "order:1", "ver": 1, "d": {"next_deadline": coming}}
    return guest_row(row)["d"]["next_deadline"]


def _undecided(view: dict[str, Any], allowed: Allowed, path: str = "") -> list[str]:
    """Paths of the members that `allowed` does not name."""
    found: list[str] = []
    for name, value in view.items():
        if name not in allowed:
            found.append(path + name)
        elif isinstance(value, dict) and path + name != "deadlines":
            found += _undecided(value, allowed[name], f"{path}{name}.")
    return found
