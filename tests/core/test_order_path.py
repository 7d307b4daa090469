"""The usual ways of an order, from checkout to the customer's hands."""

from tests.builders import Scene


class TestDelivery:
    def test_travels_from_checkout_to_doorstep(self, scene: Scene) -> None:
        order = scene.bring_to("completed")
        assert order.ended_at is not None
        assert scene.leg.state == "delivered"

    def test_paid_online_waits_for_the_money(self, scene: Scene) -> None:
        assert scene.place(payment="online").state == "pending_payment"
        assert scene.bring_to("completed", payment="online").payment.state == "captured"


class TestPickup:
    def test_is_complete_once_the_customer_shows_the_code(self, scene: Scene) -> None:
        order = scene.bring_to("completed", fulfilment="pickup")
        assert order.handed_over_at == order.ended_at
