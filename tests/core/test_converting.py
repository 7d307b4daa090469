"""A delivery that nobody carries becomes a pick-up."""

from datetime import timedelta

import pytest

from core.deadlines.models import Deadline
from core.errors import NotAllowed
from core.events.models import Event
from core.orders.conflicts import IllegalStep
from core.payments.models import Payment, Refund
from dispatch.models import CourierSearch
from notifications.models import Notice
from tests.builders import START, Scene


def told(scene: Scene) -> set[tuple[str, str]]:
    """Return what was told, and on which topic's behalf."""
    notices = Notice.objects.filter(order_id=scene.order.pk)
    return {(each.template, each.topic.partition(":")[0]) for each in notices}


class TestConvertToPickup:
    @pytest.mark.parametrize("state", ["accepted", "preparing", "ready"])
    def test_ends_the_delivery_and_keeps_the_address(self, scene: Scene, state: str) -> None:
        scene.bring_to(state)
        answer = scene.act("convert_to_pickup", "customer")["order"]
        assert (answer["fulfilment"], answer["state"]) == ("pickup", state)
        assert answer["leg"]["state"] == "cancelled"
        assert answer["dropoff"]["address"] == "Lane 1"
        assert CourierSearch.objects.get().ended_at == scene.now
        assert not Deadline.objects.filter(subject=scene.leg.pk).exists()
        assert Event.objects.filter(type="order.converted").count() == 1

    def test_promises_what_the_kitchen_does(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        times = scene.act("convert_to_pickup", "customer")["order"]["times"]
        assert times["promised_at"] == times["promised_ready_at"]

    def test_gives_the_fee_back_that_was_paid(self, scene: Scene) -> None:
        order = scene.bring_to("accepted", payment="online")
        fee = order.delivery_fee_minor
        scene.act("convert_to_pickup", "customer")
        refund = Refund.objects.get()
        assert (refund.amount_minor, refund.reason) == (fee, "converted")
        assert scene.reload().total_minor == order.total_minor - fee == order.items_minor

    def test_asks_less_cash(self, scene: Scene) -> None:
        order = scene.bring_to("accepted")
        scene.act("convert_to_pickup", "customer")
        assert Payment.objects.get().amount_minor == order.items_minor
        assert not Refund.objects.exists()

    def test_is_handed_over_across_the_counter(self, scene: Scene) -> None:
        scene.bring_to("ready")
        scene.act("convert_to_pickup", "customer")
        scene.act("hand_over", "staff", code=scene.order.handover_code)
        assert scene.reload().state == "completed"

    def test_forgets_a_search_that_was_to_begin_later(self, scene: Scene) -> None:
        release_at = (START + timedelta(hours=2)).isoformat()
        scene.bring_to("accepted", extra={"release_at": release_at})
        scene.act("convert_to_pickup", "customer")
        scene.wait(hours=3)
        assert scene.reload().fulfilment == "pickup"
        assert not CourierSearch.objects.exists()

    def test_tells_the_shop_and_not_who_did_it(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        scene.act("convert_to_pickup", "customer")
        assert ("order_converted", "merchant") in told(scene)
        assert ("collect_yourself", "order") not in told(scene)

    def test_tells_the_customer_whom_an_operator_asks_to_come(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        scene.act("convert_to_pickup", "operator")
        assert {("order_converted", "merchant"), ("collect_yourself", "order")} <= told(scene)


class TestRefusal:
    def test_comes_once_a_courier_has_it(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        scene.assign()
        with pytest.raises(IllegalStep) as refused:
            scene.act("convert_to_pickup", "customer")
        assert "convert_to_pickup" not in refused.value.extra["allowed"]

    def test_comes_before_the_shop_has_answered(self, scene: Scene) -> None:
        scene.place()
        with pytest.raises(IllegalStep):
            scene.act("convert_to_pickup", "customer")

    def test_comes_twice(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        assert "convert_to_pickup" in scene.act("nudge", "customer")["order"]["allowed"]
        scene.act("convert_to_pickup", "customer")
        with pytest.raises(IllegalStep):
            scene.act("convert_to_pickup", "customer")

    def test_comes_to_the_shop(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        with pytest.raises(NotAllowed):
            scene.act("convert_to_pickup", "staff")
