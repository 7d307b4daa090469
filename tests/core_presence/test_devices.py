"""Devices live as long as their process says so, and a shop without a board is found."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from core.merchants.models import Merchant
from core.people.models import Person
from core.presence.commands import LEASE, remove_dead_nodes, renew_lease, write_devices
from core.presence.models import Device, WebNode
from core.presence.queries import (
    GRACE,
    get_boards,
    get_courier_devices,
    get_lost_boards,
    has_healthy_board,
)
from tests.builders import START, make_courier, make_merchant, make_staff


AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def shop(db: None) -> Merchant:
    return make_merchant()


def connect(shop: Merchant | None, person: Person, *, node: UUID | None = None) -> Device:
    """Let a device come at `AT`."""
    node_id = node or uuid4()
    renew_lease(node_id, at=AT)
    device = Device(id=uuid4(), node_id=node_id, person=person, merchant=shop, since=AT)
    write_devices([device], [], at=AT, now=START)
    return device


def lost(at: datetime) -> list[tuple[Merchant, datetime | None]]:
    return get_lost_boards(Merchant.objects.all(), at=at, now=START)


class TestLease:
    def test_ends_after_forty_five_seconds(self, shop: Merchant) -> None:
        connect(shop, make_staff(shop))
        assert timedelta(seconds=45) == LEASE
        assert get_boards([shop.pk], at=AT + LEASE - MOMENT)
        assert not get_boards([shop.pk], at=AT + LEASE)

    def test_is_renewed_for_all_devices_by_one_row(self, shop: Merchant) -> None:
        device = connect(shop, make_staff(shop))
        assert renew_lease(device.node_id, at=AT + LEASE / 3)
        (board,) = get_boards([shop.pk], at=AT + LEASE)[shop.pk]
        assert board.seen_at == AT + LEASE / 3

    def test_says_when_it_had_been_taken_away(self, shop: Merchant) -> None:
        device = connect(shop, make_staff(shop))
        assert remove_dead_nodes(at=AT + LEASE, now=START) == 1
        assert not Device.objects.exists()
        assert not renew_lease(device.node_id, at=AT + LEASE)
        assert WebNode.objects.get().until == AT + 2 * LEASE

    def test_of_others_is_left_alone(self, shop: Merchant) -> None:
        connect(shop, make_staff(shop))
        assert remove_dead_nodes(at=AT + LEASE - MOMENT, now=START) == 0
        assert Device.objects.exists()


class TestBoards:
    def test_are_told_by_shop_with_their_health(self, shop: Merchant) -> None:
        device = connect(shop, make_staff(shop))
        device.battery_percent, device.is_sound_allowed, device.is_hidden = 15, False, True
        write_devices([device], [], at=AT, now=START)
        (board,) = get_boards([shop.pk], at=AT)[shop.pk]
        assert board.person_id == device.person_id
        assert (board.since, board.seen_at) == (AT, AT)
        assert board.complaints == ("muted", "battery", "hidden")

    def test_on_a_charger_have_battery_enough(self, shop: Merchant) -> None:
        device = connect(shop, make_staff(shop))
        device.battery_percent, device.is_charging = 3, True
        write_devices([device], [], at=AT, now=START)
        assert get_boards([shop.pk], at=AT)[shop.pk][0].complaints == ()

    @pytest.mark.parametrize(("sound", "healthy"), [(None, True), (True, True), (False, False)])
    def test_are_healthy_unless_they_are_mute(
        self, shop: Merchant, *, sound: bool | None, healthy: bool
    ) -> None:
        device = connect(shop, make_staff(shop))
        device.is_sound_allowed = sound
        write_devices([device], [], at=AT, now=START)
        assert has_healthy_board(shop.pk, at=AT) is healthy
        assert get_boards([shop.pk], at=AT)[shop.pk][0].is_healthy is healthy

    def test_leave_at_once_when_told(self, shop: Merchant) -> None:
        device = connect(shop, make_staff(shop))
        write_devices([], [device], at=AT, now=START)
        assert not has_healthy_board(shop.pk, at=AT)

    def test_are_not_what_couriers_hold(self, shop: Merchant) -> None:
        courier = make_courier()
        connect(None, courier)
        assert len(get_courier_devices(courier.pk, at=AT)) == 1
        assert not get_courier_devices(courier.pk, at=AT + LEASE)
        assert not get_boards([shop.pk], at=AT)

    def test_are_written_by_the_thousand(self, shop: Merchant) -> None:
        staff, node = make_staff(shop), connect(shop, make_staff(shop)).node_id
        many = [
            Device(id=uuid4(), node_id=node, person=staff, merchant=shop, since=AT)
            for _ in range(1200)
        ]
        write_devices(many, [], at=AT, now=START)
        write_devices(many, [], at=AT, now=START)
        assert Device.objects.count() == 1201
        write_devices([], many, at=AT, now=START)
        assert Device.objects.count() == 1


class TestLostBoards:
    def test_are_those_of_open_shops_that_never_had_one(self, shop: Merchant) -> None:
        assert lost(AT) == [(shop, None)]

    def test_are_not_those_that_are_there(self, shop: Merchant) -> None:
        connect(shop, make_staff(shop))
        assert lost(AT) == []

    def test_come_after_a_grace_for_those_who_reload(self, shop: Merchant) -> None:
        device = connect(shop, make_staff(shop))
        write_devices([], [device], at=AT, now=START)
        assert lost(AT + GRACE - MOMENT) == []
        assert lost(AT + GRACE) == [(shop, AT)]

    def test_are_known_when_their_process_was_killed(self, shop: Merchant) -> None:
        connect(shop, make_staff(shop))
        assert lost(AT + LEASE) == [(shop, None)]
        remove_dead_nodes(at=AT + LEASE, now=START)
        assert lost(AT + LEASE) == [(shop, AT)]

    @pytest.mark.parametrize("closed", ["switch", "pause"])
    def test_are_nobodys_concern_while_closed(self, shop: Merchant, closed: str) -> None:
        if closed == "switch":
            shop.switch(is_open=False)
        else:
            shop.pause(until=START + timedelta(minutes=1), reason="busy")
        shop.save()
        assert lost(AT) == []
