"""Pulling and acknowledging: each event once at a time, an order's events in their order."""

from datetime import timedelta
from typing import Any

import pytest

from core.clock import clock
from notifications.sender import send_due_webhooks
from notifications.webhooks.commands import WrongKindOfWebhook
from notifications.webhooks.models import Webhook
from tests.builders import Scene, act
from tests.notifications.webhooks.receiver import Program
from tests.notifications.webhooks.town import do, register, states, types_of


def pull(scene: Scene, queue: Webhook, **wishes: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = do(scene, "pull", queue, **wishes)["items"]
    return items


def acknowledge(scene: Scene, queue: Webhook, items: list[dict[str, Any]]) -> int:
    ids = [each["delivery_id"] for each in items]
    count: int = do(scene, "acknowledge", queue, delivery_ids=ids)["count"]
    return count


def types(items: list[dict[str, Any]]) -> list[str]:
    return [each["event"]["type"] for each in items]


class TestPull:
    def test_gives_the_events_of_an_order_in_their_order(self, scene: Scene) -> None:
        queue = register(scene)
        scene.bring_to("completed")
        assert types(pull(scene, queue, limit=100)) == types_of(scene.order.pk)

    def test_gives_nothing_twice_while_the_lease_lasts(self, scene: Scene) -> None:
        queue = register(scene)
        scene.bring_to("accepted")
        assert pull(scene, queue, limit=100)
        assert not pull(scene, queue, limit=100)

    def test_gives_it_again_once_the_lease_has_ended(self, scene: Scene) -> None:
        queue = register(scene)
        scene.place()
        first = pull(scene, queue, lease_seconds=5)
        later = clock().now() + clock().technical(6)
        again = act("webhook.pull", by=scene.staff, on=queue.pk, now=later)["items"]
        assert [each["event"] for each in again] == [each["event"] for each in first]
        assert (first[0]["attempt"], again[0]["attempt"]) == (1, 2)

    def test_lets_no_event_overtake_one_that_somebody_has(self, scene: Scene) -> None:
        queue = register(scene)
        scene.bring_to("accepted")
        first = pull(scene, queue, limit=1)
        assert not pull(scene, queue, limit=100)
        acknowledge(scene, queue, first)
        rest = pull(scene, queue, limit=100)
        assert types(first) + types(rest) == types_of(scene.order.pk)

    def test_lets_several_programs_share_the_orders(self, scene: Scene) -> None:
        queue = register(scene, event_types=["order.placed"])
        orders = {f"order:{scene.place().pk}" for _ in range(4)}
        halves = [pull(scene, queue, limit=2) for _ in range(2)]
        assert {each["event"]["subject"] for half in halves for each in half} == orders

    def test_is_answered_again_with_the_same_key(self, scene: Scene) -> None:
        queue = register(scene)
        scene.place()
        wanted: dict[str, Any] = {
            "by": scene.staff,
            "on": queue.pk,
            "now": scene.now,
            "key": "one",
        }
        assert act("webhook.pull", **wanted) == act("webhook.pull", **wanted)

    def test_is_for_queues(self, scene: Scene, program: Program) -> None:
        webhook = register(scene, program)
        with pytest.raises(WrongKindOfWebhook):
            pull(scene, webhook)


class TestAcknowledge:
    def test_ends_what_was_pulled_once(self, scene: Scene) -> None:
        queue = register(scene)
        scene.bring_to("accepted")
        items = pull(scene, queue, limit=100)
        assert acknowledge(scene, queue, items) == len(items)
        assert acknowledge(scene, queue, items) == 0
        assert set(states(queue)) == {"accepted"}

    def test_counts_after_the_lease_too(self, scene: Scene) -> None:
        queue = register(scene)
        scene.place()
        items = pull(scene, queue, lease_seconds=5)
        later = clock().now() + timedelta(hours=1)
        ids = [each["delivery_id"] for each in items]
        wanted: dict[str, Any] = {"by": scene.staff, "on": queue.pk, "now": later}
        assert act("webhook.acknowledge", **wanted, delivery_ids=ids) == {"count": 1}

    def test_says_nothing_of_other_queues(self, scene: Scene) -> None:
        mine, other = register(scene), register(scene)
        scene.place()
        assert acknowledge(scene, other, pull(scene, mine)) == 0
        assert states(other) == ["queued"]


class TestSender:
    def test_leaves_queues_alone(self, scene: Scene) -> None:
        queue = register(scene)
        scene.place()
        assert send_due_webhooks() == 0
        assert states(queue) == ["queued"]
