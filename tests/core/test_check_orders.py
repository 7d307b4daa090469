"""`check_orders` finds what broke its law, and nothing else."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from core.deadlines.models import Deadline
from core.events.models import StreamEntry
from core.legs.models import DeliveryLeg
from core.orders.models import OrderLine
from core.payments.models import Refund
from tests.builders import Scene


def check() -> dict[str, Any]:
    answer = StringIO()
    call_command("check_orders", "--json", stdout=answer)
    return dict(json.loads(answer.getvalue()))


def check_broken() -> set[str]:
    answer = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("check_orders", "--json", stdout=answer)
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

    def test_finds_an_orphan_leg(self, scene: Scene) -> None:
        scene.bring_to("completed")
        DeliveryLeg.objects.filter(order=scene.order).update(state="at_dropoff")
        assert check_broken() == {"orphan_legs"}

    def test_finds_a_delivery_that_nobody_will_carry(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        scene.leg.delete()
        assert check_broken() == {"deliveries_without_leg"}

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
