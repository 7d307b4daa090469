"""Events reach the topics that the documents name, and no others."""

import json

import pytest

from core.events.catalogue import CATALOGUE
from core.events.models import StreamEntry
from core.merchants.models import MenuItem
from realtime.contract.events import topics_of
from tests.builders import Scene, act, make_scene


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    return make_scene()


def carried() -> dict[str, set[str]]:
    """Kinds of topic by type of the events that were stored."""
    found: dict[str, set[str]] = {}
    for topic, body in StreamEntry.objects.values_list("topic", "body"):
        found.setdefault(json.loads(body)["type"], set()).add(topic.partition(":")[0])
    return found


def families(found: dict[str, set[str]]) -> dict[str, set[str]]:
    joined: dict[str, set[str]] = {}
    for name, kinds in found.items():
        joined.setdefault(name.partition(".")[0], set()).update(kinds)
    return joined


class TestEvents:
    def test_of_a_delivered_order_reach_its_parties(self, scene: Scene) -> None:
        scene.bring_to("completed", payment="online")
        found = carried()
        assert "delivery.proof_captured" not in found
        assert families(found)["order"] == {"merchant", "order", "courier"}
        assert_stated(found)

    def test_of_a_cancelled_order_reach_its_parties(self, scene: Scene) -> None:
        scene.bring_to("accepted", payment="online")
        scene.act("request_cancellation", "customer")
        scene.act("answer_cancellation", "staff", agree=True)
        found = carried()
        assert families(found)["refund"] == {"merchant", "order"}
        assert_stated(found)

    def test_of_shop_menu_and_shift_reach_their_own(self, scene: Scene) -> None:
        act("merchant.pause", by=scene.staff, on=scene.merchant.pk, now=scene.now, minutes=30)
        item = MenuItem.objects.filter(merchant=scene.merchant).first()
        assert item is not None
        act("item.sold_out", by=scene.staff, on=item.pk, now=scene.now)
        act("courier.go_online", by=scene.courier, now=scene.now, latitude=31.23, longitude=121.47)
        found = carried()
        assert families(found).keys() == {"store", "item", "courier"}
        assert_stated(found)


def assert_stated(found: dict[str, set[str]]) -> None:
    for name, kinds in found.items():
        assert kinds <= set(topics_of(CATALOGUE[name])), name
