"""Close to the shop or the door: a suggestion to the courier, news to the others, no arrival."""

import json
from datetime import timedelta
from typing import Any

import pytest

from core.events.models import Event, StreamEntry
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.people.models import Person
from tests.dispatch import scene
from tests.dispatch.scene import LONGITUDE, START, position


pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def courier(shop: Merchant) -> Person:
    """Return somebody on the way to the shop."""
    somebody = scene.courier(1_500)
    scene.leg(shop, state="ready")
    scene.run(START)
    (offer,) = scene.open_offers()
    scene.act("offer.accept", somebody, now=START, offer_id=offer.id)
    return somebody


def report(somebody: Person, metres: float, seconds: int, **fields: Any) -> DeliveryLeg:
    """Report a place north of the shop; return the leg."""
    scene.act(
        "courier.report_position",
        somebody,
        now=START + seconds * SECOND,
        latitude=position(metres).latitude,
        longitude=LONGITUDE,
        **fields,
    )
    return DeliveryLeg.objects.get()


def told(kind: str) -> dict[str, Any]:
    """Return what was told of it, by the kind of the topic."""
    entries = StreamEntry.objects.order_by("created_at")
    bodies = [(entry.topic.partition(":")[0], json.loads(entry.body)) for entry in entries]
    return {topic: body["d"] for topic, body in bodies if body["type"] == kind}


class TestPickup:
    def test_is_not_suggested_from_afar(self, courier: Person) -> None:
        leg = report(courier, 151, 60)
        assert (leg.near_pickup_at, leg.suggested) == (None, None)

    def test_is_suggested_close_by_and_never_done(self, courier: Person) -> None:
        leg = report(courier, 149, 60)
        assert leg.near_pickup_at == START + 60 * SECOND
        assert (leg.state, leg.suggested) == ("assigned", "arrive_pickup")

    def test_is_told_once_to_everybody(self, courier: Person) -> None:
        for seconds, metres in ((60, 100), (65, 50), (70, 200), (75, 100)):
            report(courier, metres, seconds)
        assert Event.objects.filter(type="delivery.near_pickup").count() == 1
        views = told("delivery.near_pickup")
        assert views["courier"]["suggested"] == "arrive_pickup"
        assert views["merchant"]["leg"]["near_pickup_at"] is not None
        assert views["merchant"]["leg"]["state"] == "assigned"
        assert views["order"]["leg"]["near_pickup_at"] is not None

    def test_is_confirmed_by_the_courier(self, courier: Person) -> None:
        leg = report(courier, 100, 60)
        scene.act("leg.arrive_pickup", courier, now=START + 61 * SECOND, leg_id=leg.pk)
        leg.refresh_from_db()
        assert (leg.state, leg.suggested) == ("at_pickup", None)

    def test_is_not_seen_by_a_device_that_does_not_know(self, courier: Person) -> None:
        assert report(courier, 100, 60, accuracy_metres=151).near_pickup_at is None

    def test_is_forgotten_with_the_courier(self, courier: Person) -> None:
        leg = report(courier, 100, 60)
        scene.act("leg.give_back", courier, now=START + 61 * SECOND, leg_id=leg.pk)
        leg.refresh_from_db()
        assert leg.near_pickup_at is None


class TestDropoff:
    def test_is_suggested_at_the_door_once_the_order_is_in_hand(self, courier: Person) -> None:
        leg = report(courier, 0, 60)
        scene.act(
            "leg.pick_up", courier, now=START + 61 * SECOND, leg_id=leg.pk,
            number=leg.order.number,
        )  # fmt: skip
        assert report(courier, -500, 80).suggested is None
        leg = report(courier, -900, 120)
        assert (leg.state, leg.suggested) == ("picked_up", "arrive_dropoff")
        assert told("delivery.near_dropoff")["order"]["leg"]["near_dropoff_at"] is not None
