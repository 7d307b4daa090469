"""Rules about webhooks find what breaks them, and nothing else."""

import pytest

from core.invariants import find_broken
from core.merchants.models import Merchant
from notifications.webhooks.models import WebhookDelivery, WebhookMessage
from tests.builders import Scene
from tests.notifications.webhooks.receiver import Program
from tests.notifications.webhooks.town import register


@pytest.fixture
def scene_with_waiting(scene: Scene, program: Program) -> Scene:
    register(scene, program)
    scene.bring_to("accepted")
    return scene


def broken() -> list[str]:
    return [line.partition(":")[0] for line in find_broken()]


class TestInvariants:
    def test_hold_for_what_waits(self, scene_with_waiting: Scene) -> None:
        assert broken() == []

    def test_find_a_shop_that_nobody_follows(self, scene_with_waiting: Scene) -> None:
        Merchant.objects.update(is_followed=False)
        assert broken() == ["unfollowed_shops"]

    def test_find_a_lost_message(self, scene_with_waiting: Scene) -> None:
        lost = WebhookDelivery.objects.earliest("pk")
        WebhookMessage.objects.filter(pk=lost.message_id).delete()
        assert broken() == ["webhook_deliveries_without_message"]

    def test_find_two_events_of_an_order_under_way(self, scene_with_waiting: Scene) -> None:
        WebhookDelivery.objects.update(state="leased")
        assert broken() == ["webhook_things_under_way_twice"]
