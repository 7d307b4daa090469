"""`check_orders` finds what broke its law, and nothing else."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core import invariants
from core.deadlines.models import Deadline
from core.events.models import Stream, StreamEntry
from core.identifiers import new_id
from core.invariants import find_broken
from core.legs.models import DeliveryLeg
from core.management.commands import check_orders
from core.orders.models import OrderLine
from core.payments.models import Refund
from tests.builders import START, Scene


def check(*options: str) -> dict[str, Any]:
    answer = StringIO()
    call_command("check_orders", "--json", *options, stdout=answer)
    return dict(json.loads(answer.getvalue()))


def check_broken(*options: str) -> set[str]:
    answer = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("check_orders", "--json", *options, stdout=answer)
    assert left.value.code == 1
    broken = json.loads(answer.getvalue())["broken"]
    return {name for name, lines in broken.items() if lines}


class TestCheckOrders:
    @pytest.mark.parametrize("state", ["pending_payment", "ready", "completed"])
    def test_finds_nothing_wrong_with_usual_orders(self, scene: Scene, state: str) -> None:
        scene.bring_to(state, payment="online")
        told = check()
        assert (told["ok"], told["orders"]) == (True, 1)

    def test_finds_nothing_wrong_with_held_and_cancelled_orders(self, scene: Scene) -> None:
        scene.bring_to("preparing", payment="online")
        scene.act("stop", "operator", reason="fraud")
        scene.place()
        scene.act("hold", "operator", reason="address")
        assert check()["live"] == 1

    def test_speaks_to_people_too(self, scene: Scene) -> None:
        scene.place()
        answer = StringIO()
        call_command("check_orders", stdout=answer)
        assert "1 orders, 1 of them live" in answer.getvalue()
        assert "ok      stuck_orders" in answer.getvalue()
        assert "BROKEN" not in answer.getvalue()

    def test_tells_people_what_is_broken_and_what_that_means(self, scene: Scene) -> None:
        order = scene.place()
        Deadline.objects.filter(subject=order.pk).delete()
        answer = StringIO()
        with pytest.raises(SystemExit):
            call_command("check_orders", stdout=answer)
        told = answer.getvalue()
        assert "BROKEN  stuck_orders: 1" in told
        assert "Live orders that nothing will ever end" in told
        assert f"- order {order.pk} has no next deadline" in told

    def test_shows_people_some_of_many(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(check_orders, "SHOWN", 1)
        for _ in range(2):
            scene.place()
        Deadline.objects.all().delete()
        answer = StringIO()
        with pytest.raises(SystemExit):
            call_command("check_orders", stdout=answer)
        assert answer.getvalue().count("has no next deadline") == 1
        assert "- and others" in answer.getvalue()

    def test_keeps_no_more_of_one_rule_than_anybody_reads(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(invariants, "MOST_LINES", 2)
        for _ in range(3):
            scene.place()
        Deadline.objects.all().delete()
        assert len(find_broken()) == 2

    def test_looks_at_what_is_live_and_what_is_new(self, scene: Scene) -> None:
        scene.bring_to("completed")
        OrderLine.objects.filter(order=scene.order, position=0).update(quantity=9)
        before, after = (START + timedelta(days=days) for days in (-1, 1))
        assert check_broken("--since", before.isoformat()) == {"wrong_totals"}
        assert check("--since", after.isoformat())["orders"] == 0
        assert check("--since", "2h")["orders"] == 0

    @pytest.mark.parametrize("since", ["yesterday", "2 weeks", "2026-02-31T00:00:00"])
    def test_refuses_a_time_that_is_none(self, scene: Scene, since: str) -> None:
        with pytest.raises(CommandError) as refused:
            check("--since", since)
        assert refused.value.returncode == 2

    def test_finds_a_promise_about_nothing(self, scene: Scene) -> None:
        Deadline.objects.create(kind="order.accept", subject=new_id(), due_at=START)
        assert check_broken() == {"astray_deadlines"}

    def test_finds_a_promise_that_nobody_can_keep(self, scene: Scene) -> None:
        Deadline.objects.create(kind="order.of_yore", subject=scene.place().pk, due_at=START)
        assert check_broken() == {"astray_deadlines"}

    def test_finds_a_promise_that_fails(self, scene: Scene) -> None:
        scene.place()
        Deadline.objects.filter(kind="order.accept").update(failures=1)
        assert check_broken() == {"failing_deadlines"}

    def test_finds_a_promise_of_an_order_that_has_ended(self, scene: Scene) -> None:
        scene.bring_to("completed")
        Deadline.objects.create(kind="order.overdue", subject=scene.order.pk, due_at=START)
        assert check_broken() == {"stuck_orders"}

    def test_finds_an_order_that_stays_frozen(self, scene: Scene) -> None:
        scene.place()
        scene.act("hold", "operator", reason="address")
        Deadline.objects.filter(kind="order.hold").delete()
        assert check_broken() == {"stuck_orders", "unreleased_orders"}

    def test_finds_a_promise_that_stays_frozen(self, scene: Scene) -> None:
        scene.place()
        Deadline.objects.filter(kind="order.accept").update(held_at=START)
        assert check_broken() == {"unreleased_orders"}

    def test_finds_entries_without_a_head(self, scene: Scene) -> None:
        scene.place()
        Stream.objects.filter(pk=f"order:{scene.order.pk}").delete()
        assert check_broken() == {"stream_gaps"}

    def test_finds_an_orphan_leg(self, scene: Scene) -> None:
        scene.bring_to("completed")
        DeliveryLeg.objects.filter(order=scene.order).update(state="at_dropoff")
        assert check_broken() == {"orphan_legs", "miscounted_loads"}

    def test_finds_a_delivery_that_nobody_will_carry(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        scene.leg.delete()
        assert check_broken() == {"deliveries_without_leg", "astray_deadlines"}

    def test_finds_an_order_that_would_never_end(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        Deadline.objects.filter(subject=scene.order.pk).delete()
        assert check_broken() == {"stuck_orders"}

    def test_finds_a_gap_in_a_stream(self, scene: Scene) -> None:
        scene.bring_to("ready")
        StreamEntry.objects.filter(topic=f"order:{scene.order.pk}", seq=2).delete()
        assert check_broken() == {"stream_gaps"}

    def test_finds_money_that_does_not_go_back(self, scene: Scene) -> None:
        scene.bring_to("accepted", payment="online")
        scene.act("stop", "operator", reason="fraud")
        Refund.objects.all().delete()
        assert check_broken() == {"money_astray"}

    def test_finds_an_order_that_costs_too_much(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        OrderLine.objects.filter(order=scene.order, position=0).update(quantity=9)
        assert check_broken() == {"wrong_totals"}
