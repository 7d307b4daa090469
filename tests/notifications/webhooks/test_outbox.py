"""What is kept for a shop's programs: in the transaction of the event, as the shop sees it."""

import json
from functools import partial

import pytest
from django.db import transaction

from core.events.facts import Actor
from core.events.models import Event
from core.events.work import unit_of_work
from core.merchants.models import MenuItem
from core.orders.pictures import get_picture
from core.orders.views import order_view
from notifications.webhooks.models import WebhookDelivery, WebhookMessage
from tests.builders import Scene, act
from tests.core.test_statement_counts import count_statements
from tests.notifications.webhooks.town import do, register, types_of


def events_of(scene: Scene) -> list[str]:
    rows = Event.objects.filter(correlation_id=f"order:{scene.order.pk}").order_by("pk")
    names = rows.values_list("type", flat=True)
    return [name for name in names if name.partition(".")[0] in {"order", "delivery"}]


class TestKeepForPrograms:
    def test_keeps_every_event_of_a_delivered_order_in_its_order(self, scene: Scene) -> None:
        register(scene)
        scene.bring_to("completed")
        unseen = {"delivery.proof_captured", "delivery.offered", "delivery.offer_withdrawn"}
        expected = [name for name in events_of(scene) if name not in unseen]
        assert types_of(scene.order.pk) == expected
        assert {"order.placed", "delivery.picked_up", "order.completed"} <= set(expected)

    def test_shows_the_shops_view_as_a_cloud_event(self, scene: Scene) -> None:
        register(scene, event_types=["order.accepted"])
        scene.bring_to("accepted")
        message = WebhookMessage.objects.get()
        event = json.loads(message.body)
        picture = get_picture(scene.order.pk)
        shown = json.loads(json.dumps(order_view(picture, "merchant"), default=str))
        assert event["data"]["view"]["allowed"] == shown["allowed"]
        assert event["data"]["view"]["lines"] == shown["lines"]
        assert "handover_code" not in event["data"]["view"]
        assert event["specversion"] == "1.0"
        assert event["id"] == str(message.pk) == str(Event.objects.get(type="order.accepted").pk)
        assert event["subject"] == f"order:{scene.order.pk}"
        assert event["opendelivery"] == "CONFIRMED"
        assert event["data"]["version"] == scene.order.version
        assert event["data"]["actor"]["type"] == "merchant"

    def test_keeps_only_what_was_asked_for(self, scene: Scene) -> None:
        register(scene, event_types=["order.accepted", "item.*"])
        scene.bring_to("ready")
        item = MenuItem.objects.filter(merchant=scene.merchant).first()
        assert item is not None
        act("item.sold_out", by=scene.staff, on=item.pk, now=scene.now)
        act("merchant.pause", by=scene.staff, on=scene.merchant.pk, now=scene.now)
        kept = WebhookMessage.objects.order_by("pk").values_list("type", flat=True)
        assert list(kept) == ["order.accepted", "item.sold_out"]

    def test_keeps_nothing_of_an_order_that_the_shop_does_not_see_yet(self, scene: Scene) -> None:
        register(scene, event_types=["order.*", "payment.*"])
        scene.place(payment="online")
        assert not WebhookMessage.objects.exists()
        scene.bring_to("placed", payment="online")
        assert "order.placed" in types_of(scene.order.pk)

    def test_keeps_nothing_for_shops_without_programs_and_nothing_of_others(
        self, scene: Scene
    ) -> None:
        webhook = register(scene)
        do(scene, "remove", webhook)
        scene.bring_to("accepted")
        assert not WebhookDelivery.objects.exists()

    def test_takes_everything_back_with_the_transaction(self, scene: Scene) -> None:
        register(scene, event_types=["item.*"])
        item = MenuItem.objects.filter(merchant=scene.merchant).first()
        assert item is not None
        with pytest.raises(RuntimeError, match="at the very end"):
            _sell_out_and_fail(scene, item)
        assert not WebhookMessage.objects.exists()

    def test_costs_three_statements_where_somebody_follows_and_none_elsewhere(
        self, scene: Scene
    ) -> None:
        steps = ("accept", "start", "ready")
        scene.place()
        alone = [count_statements(partial(scene.act, step, "staff")) for step in steps]
        register(scene)
        register(scene)
        scene.place()
        followed = [count_statements(partial(scene.act, step, "staff")) for step in steps]
        assert [after - before for before, after in zip(alone, followed, strict=True)] == [3] * 3

    def test_writes_a_message_once_for_all_endpoints(self, scene: Scene) -> None:
        for _ in range(3):
            register(scene, event_types=["order.placed"])
        scene.place()
        assert WebhookMessage.objects.count() == 1
        assert WebhookDelivery.objects.count() == 3


def _sell_out_and_fail(scene: Scene, item: MenuItem) -> None:
    with transaction.atomic():
        with unit_of_work(now=scene.now, actor=Actor("merchant")):
            act("item.sold_out", by=scene.staff, on=item.pk, now=scene.now)
        assert WebhookMessage.objects.count() == 1
        raise RuntimeError("at the very end")
