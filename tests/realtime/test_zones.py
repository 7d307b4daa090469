"""What operators see of their zones: read for all zones at once, and shown as it changes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.merchants.models import Merchant, Zone
from core.presence.commands import LEASE, renew_lease, write_devices
from core.presence.models import Device
from dispatch.models import CourierShift
from realtime.feeds import Feed
from realtime.zones import get_zone_frames
from tests.builders import (
    LATITUDE,
    LONGITUDE,
    START,
    make_courier,
    make_merchant,
    make_scene,
    make_staff,
)
from tests.realtime.conftest import Shop, make_person


AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def picture_of(zone: Zone, *, at: datetime = AT, now: datetime = START) -> dict[str, Any]:
    topic = f"zone:{zone.pk}"
    frames = get_zone_frames([zone.pk], epoch="e", now=now, at=at)[topic]
    frame = json.loads(frames[topic])
    assert (frame["t"], frame["epoch"], frame["seq"], frame["last"]) == ("snap", "e", 0, True)
    (row,) = frame["rows"]
    return dict(row["d"])


def add_board(shop: Merchant, **told: Any) -> Device:
    node_id = uuid4()
    renew_lease(node_id, at=AT)
    device = Device(
        id=uuid4(), node_id=node_id, person=make_staff(shop), merchant=shop, since=AT, **told
    )
    write_devices([device], [], at=AT, now=START)
    return device


def add_courier(latitude: float, *, active_count: int = 0) -> CourierShift:
    return CourierShift.objects.create(
        person=make_courier(),
        state="online",
        latitude=latitude,
        longitude=LONGITUDE,
        position_at=START,
        active_count=active_count,
    )


@pytest.mark.django_db
class TestPicture:
    def test_counts_orders_and_legs(self) -> None:
        scene = make_scene()
        scene.bring_to("accepted")
        shown = picture_of(scene.merchant.zone)
        assert shown["orders"] == {"accepted": 1}
        assert sum(shown["legs"].values()) == 1
        assert shown["flagged"] == 0

    def test_lists_what_is_about_to_break(self) -> None:
        scene = make_scene()
        order = scene.place()
        shown = picture_of(scene.merchant.zone, now=START + timedelta(hours=1))
        assert {row["order"] for row in shown["deadlines"]} == {str(order.pk)}
        assert {row["number"] for row in shown["deadlines"]} == {order.number}

    def test_lists_open_shops_without_a_board(self) -> None:
        shop = make_merchant()
        boards = picture_of(shop.zone)["boards"]
        assert (boards["present"], boards["lost_count"]) == (0, 1)
        assert boards["lost"] == [{"merchant": str(shop.pk), "name": shop.name, "seen_at": None}]

    def test_says_since_when_a_board_is_lost(self) -> None:
        shop = make_merchant()
        write_devices([], [add_board(shop)], at=AT, now=START)
        (lost,) = picture_of(shop.zone, at=AT + LEASE)["boards"]["lost"]
        assert datetime.fromisoformat(lost["seen_at"]) == AT

    def test_lists_shops_whose_every_board_ails(self) -> None:
        shop = make_merchant()
        add_board(shop, is_sound_allowed=False)
        add_board(shop, battery_percent=5)
        boards = picture_of(shop.zone)["boards"]
        assert (boards["present"], boards["lost"]) == (1, [])
        assert boards["ailing"] == [
            {"merchant": str(shop.pk), "name": shop.name, "why": ["battery", "muted"]}
        ]

    @pytest.mark.parametrize(
        "told",
        [
            {},
            {"is_sound_allowed": True, "is_hidden": False},
            {"battery_percent": 5, "is_charging": True},
        ],
    )
    def test_is_content_with_one_sound_board(self, told: dict[str, Any]) -> None:
        shop = make_merchant()
        add_board(shop, is_hidden=True)
        add_board(shop, **told)
        assert picture_of(shop.zone)["boards"]["ailing"] == []

    def test_shows_couriers_inside_its_circle(self) -> None:
        zone = make_merchant().zone
        near = add_courier(LATITUDE + 0.01, active_count=1)
        add_courier(LATITUDE + 0.01)
        add_courier(LATITUDE + 1)
        assert picture_of(zone)["couriers"] == {"online": 2, "busy": 1}
        topic = f"zone:{zone.pk}"
        frames = get_zone_frames([zone.pk], epoch="e", now=START, at=AT)[topic]
        assert json.loads(frames[f"{topic} {near.pk}"]) == {
            "t": "pos",
            "topic": topic,
            "courier": str(near.pk),
            "lat": LATITUDE + 0.01,
            "lng": LONGITUDE,
            "at": START.isoformat(),
        }

    def test_costs_as_many_statements_for_three_zones_as_for_one(self) -> None:
        def cost(zones: list[UUID]) -> int:
            with CaptureQueriesContext(connection) as said:
                get_zone_frames(zones, epoch="e", now=START + timedelta(hours=1), at=AT)
            return len(said)

        ids = []
        for _ in range(3):
            scene = make_scene()
            scene.place()
            add_board(scene.merchant, is_hidden=True)
            make_merchant(zone=scene.merchant.zone)
            ids.append(scene.merchant.zone_id)
        assert cost(ids) == cost(ids[:1]) <= 11


class TestShown:
    class Watcher:
        """A listener that keeps what it is given."""

        def __init__(self) -> None:
            self.found: list[str] = []

        def deliver_latest(self, _key: str, text: str) -> None:
            self.found.append(text)

        def deliver(self, _event: object) -> None:
            raise AssertionError

        def lose(self) -> None:
            raise AssertionError

        def renew(self) -> None:
            raise AssertionError

    def test_is_what_has_changed_and_nothing_else(self) -> None:
        feed, watcher = Feed("zone:1"), self.Watcher()
        feed.listeners[watcher] = None
        feed.show_picture({"a": "1", "b": "1"})
        feed.show_picture({"a": "1", "b": "2"})
        feed.show_picture({"b": "2"})
        assert watcher.found == ["1", "1", "2"]
        assert feed.picture == {"b": "2"}


class TestOverSockets:
    async def test_tells_who_comes_at_once_where_couriers_are(self, shop: Shop) -> None:
        zone = await sync_to_async(Zone.objects.get)()
        shift = await sync_to_async(add_courier)(zone.latitude)
        operator = Shop(shop.node, await sync_to_async(make_person)(is_operator=True))
        found: list[str] = []
        async with operator.client() as first, operator.client() as second:
            for client in (first, second):
                client.on_position = lambda frame: found.append(frame.courier)
                await client.subscribe(f"zone:{zone.pk}")
                await client.until(lambda: str(shift.pk) in found)
                found.clear()
