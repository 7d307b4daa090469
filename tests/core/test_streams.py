"""Signature test: a snapshot and the events after it are what a newcomer would see."""

import json
from collections.abc import Callable

import pytest

from core.events.heads import get_heads, get_sum_of_heads, list_topics
from core.events.models import Stream
from core.events.queries import get_entries, get_snapshot
from tests.builders import Scene, make_courier, pay
from tests.core.replica import Replica


Check = Callable[[], None]
Story = Callable[[Scene, Check], None]


def quick(scene: Scene, check: Check) -> None:
    scene.place()
    for step, by in (("accept", "staff"), ("start", "staff"), ("ready", "staff")):
        scene.act(step, by)
        check()
    scene.assign()
    check()
    scene.act("leg.arrive_pickup", "courier")
    check()
    scene.act("leg.pick_up", "courier", number=scene.order.number)
    check()
    scene.act("leg.arrive_dropoff", "courier")
    check()
    scene.act("leg.deliver", "courier", proof={"kind": "pin", "value": scene.order.handover_code})
    check()
    scene.wait(minutes=31)


def paid_online_and_cancelled(scene: Scene, check: Check) -> None:
    scene.place(payment="online")
    check()
    pay(scene.order)
    check()
    scene.wait(minutes=3)
    check()
    scene.act("accept", "staff")
    scene.act("cancel", "customer", reason="changed_mind")


def never_paid(scene: Scene, check: Check) -> None:
    scene.place(payment="online")
    scene.wait(minutes=16)


def slept_through(scene: Scene, check: Check) -> None:
    for _ in range(3):
        scene.place()
        scene.wait(minutes=6)
        check()


def rejected(scene: Scene, check: Check) -> None:
    item = scene.merchant.items.first()
    assert item is not None
    scene.place()
    scene.act("reject", "staff", reason="sold_out", item_ids=[str(item.pk)])


def asked_and_silent(scene: Scene, check: Check) -> None:
    scene.bring_to("preparing", quantities=(2, 1))
    line = scene.order.lines.first()
    assert line is not None
    lines = [{"line_id": str(line.pk), "quantity": 1}]
    scene.act("propose_adjustment", "staff", lines=lines)
    check()
    scene.wait(minutes=4)
    check()
    scene.act("adjust", "staff", lines=[{"line_id": str(line.pk), "quantity": 0}])
    check()
    scene.act("request_cancellation", "customer", reason="too_slow")
    check()
    scene.act("answer_cancellation", "staff", agree=False)
    check()
    scene.act("request_cancellation", "customer", reason="too_slow")
    scene.wait(minutes=16)


def nudged_delayed_held(scene: Scene, check: Check) -> None:
    scene.bring_to("accepted")
    scene.act("nudge", "customer")
    check()
    scene.act("reply_nudge", "staff", reply="soon")
    check()
    scene.act("delay", "staff", minutes=10)
    check()
    scene.act("hold", "operator", reason="address unclear")
    check()
    scene.act("start", "staff")
    check()
    scene.wait(minutes=31)
    check()
    scene.act("stop", "operator", reason="fraud")


def changed_hands(scene: Scene, check: Check) -> None:
    scene.bring_to("ready")
    scene.assign()
    check()
    scene.act("leg.give_back", "courier", reason="flat tyre")
    check()
    scene.courier = make_courier()
    scene.assign()
    check()
    scene.act("stop", "staff", reason="cannot_fulfil")


def brought_back(scene: Scene, check: Check) -> None:
    scene.bring_to("handed_over")
    scene.act("leg.fail", "courier", reason="nobody_there")
    check()
    scene.act("leg.start_return", "courier")
    check()
    scene.act("leg.reattempt", "operator")
    check()
    scene.act("leg.fail", "courier", reason="refused")
    scene.act("leg.finish_return", "staff")


def forgotten(scene: Scene, check: Check) -> None:
    scene.bring_to("handed_over")
    scene.wait(days=2)


def collected(scene: Scene, check: Check) -> None:
    scene.bring_to("ready", fulfilment="pickup")
    check()
    scene.act("hand_over", "staff", code=scene.order.handover_code)


def converted(scene: Scene, check: Check) -> None:
    scene.bring_to("accepted", payment="online")
    scene.wait(minutes=9)
    check()
    scene.act("convert_to_pickup", "customer")
    check()
    scene.act("ready", "staff")
    scene.act("hand_over", "staff", code=scene.order.handover_code)


def carried_by_the_shop(scene: Scene, check: Check) -> None:
    scene.bring_to("ready")
    scene.wait(minutes=9)
    check()
    scene.act("leg.self_deliver", "staff")
    check()
    scene.act("leg.give_back", "staff")
    check()
    scene.act("leg.self_deliver", "staff")
    scene.act("hand_over", "staff")
    check()
    scene.act("leg.deliver", "staff", proof={"kind": "pin", "value": scene.order.handover_code})


STORIES = [
    quick,
    paid_online_and_cancelled,
    never_paid,
    slept_through,
    rejected,
    asked_and_silent,
    nudged_delayed_held,
    changed_hands,
    brought_back,
    forgotten,
    collected,
    converted,
    carried_by_the_shop,
]


class TestSnapshotAndEvents:
    @pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
    def test_equal_a_fresh_snapshot(self, scene: Scene, story: Story) -> None:
        board = Replica(f"merchant:{scene.merchant.pk}")
        board.start(scene.now)
        clients = {board.topic: board}

        def check() -> None:
            for topic in (f"order:{scene.order.pk}", f"courier:{scene.courier.pk}"):
                clients.setdefault(topic, Replica(topic))
            for client in clients.values():
                client.check(scene.now)

        story(scene, check)
        check()


class TestSecrets:
    def test_the_shared_stream_never_carries_the_handover_code(self, scene: Scene) -> None:
        scene.bring_to("ready", fulfilment="pickup")
        rows = get_snapshot(f"order:{scene.order.pk}", now=scene.now).rows
        entries = get_entries(f"order:{scene.order.pk}", after=0)
        assert rows
        assert entries
        for text in [json.dumps(rows), *(entry.body for entry in entries)]:
            assert "handover_code" not in text
            assert "pay_url" not in text


class TestSumOfHeads:
    def test_tells_whether_any_topic_has_moved(self, db: None) -> None:
        Stream.objects.create(topic="order:1", head=7)
        Stream.objects.create(topic="order:2", head=5)
        asked = list_topics(["order:1", "order:2", "order:404"])
        assert get_sum_of_heads(asked) == sum(get_heads(asked).values()) == 12
        Stream.objects.filter(topic="order:2").update(head=6)
        assert get_sum_of_heads(asked) == 13

    def test_of_topics_without_entries_is_zero(self, db: None) -> None:
        assert get_sum_of_heads(list_topics(["order:404"])) == 0
        assert get_sum_of_heads(list_topics([])) == 0


class TestListOfTopics:
    @pytest.mark.parametrize("topic", ["order:'", "order:\\", "order:1%s", "order:1\n", "", "é:1"])
    def test_holds_no_other_text(self, topic: str) -> None:
        with pytest.raises(ValueError, match="uuid"):
            list_topics(["order:1", topic])
