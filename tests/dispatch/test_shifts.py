"""Couriers on and off line, and where they are."""

import json
from datetime import timedelta
from typing import Any

import pytest

from core.bell import bell
from core.errors import NotAllowed
from core.gate.run import ValidationFailed
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.people.models import Person
from dispatch.models import CourierShift
from dispatch.positions.store import positions
from dispatch.shifts import CourierOffline
from tests.dispatch import scene
from tests.dispatch.scene import LATITUDE, LONGITUDE, START


SOON = START + timedelta(seconds=5)
HERE = {"latitude": LATITUDE, "longitude": LONGITUDE}
pytestmark = pytest.mark.django_db


def carrying(shop: Merchant, state: str = "assigned") -> Person:
    """Let a courier have a leg."""
    somebody = scene.courier(300)
    scene.leg(shop)
    scene.run(START)
    (offer,) = scene.open_offers()
    scene.act("offer.accept", somebody, now=START, offer_id=offer.id)
    DeliveryLeg.objects.filter(courier=somebody).update(state=state)
    return somebody


class TestGoOnline:
    def test_is_for_couriers(self) -> None:
        with pytest.raises(NotAllowed):
            scene.act("courier.go_online", scene.person(), now=START, **HERE)

    @pytest.mark.parametrize("latitude", [91, float("nan"), "north", None])
    def test_refuses_a_place_that_is_none(self, latitude: Any) -> None:
        with pytest.raises(ValidationFailed):
            scene.act(
                "courier.go_online",
                scene.person(is_courier=True),
                now=START,
                latitude=latitude,
                longitude=0,
            )

    def test_sizes_the_load_by_the_vehicle(self) -> None:
        somebody = scene.person(is_courier=True)
        answer = scene.act("courier.go_online", somebody, now=START, vehicle="walk", **HERE)
        assert answer["shift"]["capacity"] == 1


class TestGoOffline:
    def test_withdraws_an_open_offer_and_asks_the_next(self, shop: Merchant) -> None:
        near, far = scene.courier(300), scene.courier(900)
        scene.leg(shop)
        scene.run(START)
        scene.act("courier.go_offline", near, now=SOON)
        scene.run(SOON)
        assert [offer.courier for offer in scene.open_offers()] == [far]

    def test_gives_back_what_is_not_picked_up(self, shop: Merchant) -> None:
        somebody = carrying(shop)
        other = scene.courier(900)
        scene.act("courier.go_offline", somebody, now=SOON)
        scene.run(SOON)
        assert DeliveryLeg.objects.get().courier is None
        assert [offer.courier for offer in scene.open_offers()] == [other]
        assert CourierShift.objects.get(pk=somebody.pk).active_count == 0

    def test_keeps_what_is_picked_up(self, shop: Merchant) -> None:
        somebody = carrying(shop, state="picked_up")
        scene.act("courier.go_offline", somebody, now=SOON)
        scene.run(SOON)
        assert DeliveryLeg.objects.get().courier == somebody


class TestReportPosition:
    def test_stores_the_last_place(self) -> None:
        somebody = scene.courier(300)
        answer = scene.act("courier.report_position", somebody, now=SOON, **HERE)
        assert answer == {"stored": True, "reason": None}
        assert positions().get([somebody.pk])[somebody.pk].latitude == LATITUDE

    def test_hears_one_a_second(self) -> None:
        somebody = scene.courier(300)
        later = START + timedelta(milliseconds=500)
        answer = scene.act("courier.report_position", somebody, now=later, **HERE)
        assert answer == {"stored": False, "reason": "too_soon"}

    def test_ignores_an_older_place(self) -> None:
        somebody = scene.courier(300)
        for seconds in (0, 9):
            at = (START - timedelta(seconds=seconds)).isoformat()
            answer = scene.act("courier.report_position", somebody, now=SOON, at=at, **HERE)
            assert answer == {"stored": False, "reason": "out_of_order"}

    def test_never_trusts_a_clock_ahead_of_ours(self) -> None:
        somebody = scene.courier(300)
        at = (START + timedelta(days=1)).isoformat()
        scene.act("courier.report_position", somebody, now=SOON, at=at, **HERE)
        assert positions().get([somebody.pk])[somebody.pk].at == SOON

    def test_is_refused_off_line(self) -> None:
        somebody = scene.person(is_courier=True)
        with pytest.raises(CourierOffline):
            scene.act("courier.report_position", somebody, now=SOON, **HERE)

    @pytest.mark.django_db(transaction=True)
    def test_shows_on_the_orders_the_courier_carries(
        self, shop: Merchant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        somebody = carrying(shop)
        rung: list[tuple[str, dict[str, Any]]] = []
        monkeypatch.setattr(bell, "ring", lambda group, message: rung.append((group, message)))
        scene.act("courier.report_position", somebody, now=SOON, **HERE)
        (message,) = (message for _group, message in rung if "pos" in message)
        ((topic, text),) = message["pos"]
        assert topic == f"order:{DeliveryLeg.objects.get().order_id}"
        assert json.loads(text) == {
            "t": "pos",
            "topic": topic,
            "courier": str(somebody.pk),
            "lat": LATITUDE,
            "lng": LONGITUDE,
            "at": SOON.isoformat(),
        }
