"""What could not be delivered: back to the shop, or to the door once more."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from core.deadlines.models import Deadline
from core.errors import NotAllowed, NotFound
from core.events.models import Event
from core.invariants import find_broken
from core.legs.proving import ProofFileUnknown
from core.orders.conflicts import IllegalStep
from core.payments.models import Payment, Refund
from dispatch.models import CourierShift
from notifications.models import Notice
from tests.builders import Scene, act, make_merchant, make_staff


ONLINE: Mapping[str, Any] = {"latitude": 31.23, "longitude": 121.47}


def failed(scene: Scene, reason: str = "nobody_there", payment: str = "online") -> Scene:
    scene.bring_to("handed_over", payment=payment)
    scene.act("leg.fail", "courier", reason=reason)
    return scene


def is_due(scene: Scene) -> bool:
    return Deadline.objects.filter(kind="order.return", subject=scene.order.pk).exists()


class TestReturn:
    def test_ends_the_order_when_the_shop_has_it_back(self, scene: Scene) -> None:
        failed(scene)
        scene.act("leg.start_return", "courier")
        assert (scene.leg.state, scene.reload().state) == ("returning", "handed_over")
        answer = scene.act("leg.finish_return", "staff")
        assert (answer["order"]["state"], scene.leg.state) == ("cancelled", "returned")
        assert not is_due(scene)

    def test_may_be_confirmed_of_a_courier_who_only_came(self, scene: Scene) -> None:
        failed(scene)
        scene.act("leg.finish_return", "operator")
        assert scene.leg.state == "returned"

    def test_is_not_the_couriers_to_confirm(self, scene: Scene) -> None:
        failed(scene)
        answer = scene.act("leg.start_return", "courier")
        assert answer["leg"]["allowed"] == []
        assert answer["leg"]["return_by"] is not None
        for person in (scene.courier, scene.customer):
            with pytest.raises(NotAllowed):
                scene.act("leg.finish_return", person)
        with pytest.raises(NotFound):
            scene.act("leg.finish_return", make_staff(make_merchant()))

    def test_cannot_be_confirmed_of_what_goes_its_way(self, scene: Scene) -> None:
        scene.bring_to("handed_over")
        with pytest.raises(IllegalStep):
            scene.act("leg.finish_return", "staff")

    def test_frees_the_courier_only_then(self, scene: Scene) -> None:
        act("courier.go_online", by=scene.courier, now=scene.now, **ONLINE)
        failed(scene)
        scene.act("leg.start_return", "courier")
        assert CourierShift.objects.get(pk=scene.courier.pk).active_count == 1
        scene.act("leg.finish_return", "staff")
        assert CourierShift.objects.get(pk=scene.courier.pk).active_count == 0

    def test_tells_everybody_why(self, scene: Scene) -> None:
        leg = failed(scene, "refused").act("nudge", "customer")["order"]["leg"]
        assert (leg["state"], leg["failure_reason"]) == ("failed", "refused")
        assert leg["failed_at"] is not None

    def test_shows_a_photo_only_if_it_was_sent(self, scene: Scene) -> None:
        scene.bring_to("handed_over")
        with pytest.raises(ProofFileUnknown):
            scene.act("leg.fail", "courier", reason="damaged", photo=str(uuid4()))


class TestMoney:
    @pytest.mark.parametrize(
        ("reason", "party", "is_fee_kept"),
        [
            ("nobody_there", "customer", True),
            ("refused", "customer", True),
            ("wrong_address", "customer", True),
            ("damaged", "courier", False),
            ("other", "platform", False),
        ],
    )
    def test_of_the_trip_is_paid_by_who_is_to_blame(
        self, scene: Scene, reason: str, party: str, is_fee_kept: object
    ) -> None:
        failed(scene, reason)
        scene.act("leg.finish_return", "staff")
        order = scene.reload()
        assert (order.cancel_reason, order.cancel_party) == ("delivery_failed", party)
        kept = order.delivery_fee_minor if is_fee_kept else 0
        assert order.kept_minor == kept
        assert Refund.objects.get().amount_minor == order.total_minor - kept
        assert find_broken() == []

    def test_that_nobody_paid_is_owed_no_more(self, scene: Scene) -> None:
        failed(scene, payment="cash")
        scene.act("leg.finish_return", "staff")
        assert Payment.objects.get().state == "voided"

    def test_goes_back_whole_when_an_operator_ends_it(self, scene: Scene) -> None:
        failed(scene)
        scene.act("stop", "operator", reason="delivery_failed")
        assert Refund.objects.get().amount_minor == scene.order.total_minor
        assert scene.leg.state == "cancelled"


class TestDeadline:
    def test_calls_an_operator_and_binds_the_courier(self, scene: Scene) -> None:
        failed(scene)
        scene.act("leg.start_return", "courier")
        scene.wait(minutes=59)
        assert not scene.reload().is_flagged
        scene.wait(minutes=1)
        assert scene.reload().is_flagged
        assert scene.leg.state == "returning"
        alarms = Event.objects.filter(type="order.operator_alarmed")
        assert [alarm.data for alarm in alarms] == [{"cause": "return_overdue"}]
        assert Notice.objects.filter(template="operator_alarm", closed_at__isnull=True).exists()


class TestReattempt:
    @pytest.mark.parametrize("steps", [(), ("leg.start_return",)])
    def test_sends_the_courier_to_the_door_again(
        self, scene: Scene, steps: tuple[str, ...]
    ) -> None:
        failed(scene)
        picked_up_at = scene.leg.picked_up_at
        for step in steps:
            scene.act(step, "courier")
        scene.act("leg.reattempt", "operator")
        leg = scene.leg
        assert (leg.state, leg.attempt_count, leg.failure_reason) == ("picked_up", 2, "")
        assert leg.picked_up_at == picked_up_at
        assert not is_due(scene)
        code = {"kind": "pin", "value": scene.order.handover_code}
        scene.act("leg.deliver", "courier", proof=code)
        assert scene.reload().state == "completed"

    def test_is_for_operators_to_decide(self, scene: Scene) -> None:
        failed(scene)
        for person in ("staff", "courier", "customer"):
            with pytest.raises(NotAllowed):
                scene.act("leg.reattempt", person)

    def test_is_too_late_when_the_goods_are_back(self, scene: Scene) -> None:
        failed(scene)
        scene.act("leg.finish_return", "staff")
        with pytest.raises(IllegalStep):
            scene.act("leg.reattempt", "operator")


class TestCustomer:
    def told(self, scene: Scene) -> list[str]:
        """Open notices of the order's customer, the oldest first."""
        mine = Notice.objects.filter(recipients__person=scene.customer, closed_at__isnull=True)
        return list(mine.order_by("created_at", "pk").values_list("template", flat=True))

    def test_is_told_that_it_failed_and_that_it_is_tried_again(self, scene: Scene) -> None:
        scene.bring_to("handed_over", payment="online")
        assert self.told(scene) == ["order_handed_over"]
        scene.act("leg.fail", "courier", reason="nobody_there")
        assert self.told(scene) == ["delivery_failed"]
        scene.act("leg.reattempt", "operator")
        assert self.told(scene) == ["order_handed_over"]

    def test_is_told_no_more_of_it_once_the_order_has_ended(self, scene: Scene) -> None:
        failed(scene)
        scene.act("leg.finish_return", "staff")
        assert "delivery_failed" not in self.told(scene)
