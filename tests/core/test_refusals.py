"""What a refused command tells: where the order stands, what is allowed, who decided it."""

from datetime import timedelta

import pytest

from core.errors import Invalid, NotAllowed, NotFound
from core.gate.run import KeyReused, ValidationFailed, VersionConflict
from core.legs.proving import WrongPin
from core.legs.steps import WrongNumber
from core.merchants.models import MenuItem
from core.orders.cancelling import NotFreeToCancel
from core.orders.conflicts import IllegalStep
from core.orders.handover import NoCourier, WrongCode
from core.orders.models import Order
from core.orders.moments import iso
from core.orders.placing import ShopClosed, ShopPaused
from core.orders.preparing import NudgedRecently
from core.orders.quotes import QuoteExpired, QuoteInvalid, ZoneNotServed
from core.orders.stock import SoldOut
from tests.builders import (
    START,
    Scene,
    act,
    make_courier,
    make_merchant,
    make_person,
    make_sealed_quote,
    make_staff,
    place,
)


CONTACT = {"name": "Lin", "phone": "+8613900000000"}


class TestIllegalStep:
    def test_tells_where_the_order_stands_and_who_decided(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        with pytest.raises(IllegalStep) as refused:
            scene.act("reject", "staff", reason="too_busy")
        told = refused.value.problem()
        assert (told["code"], told["status"]) == ("illegal_transition", 409)
        assert told["state"] == told["order"]["state"] == "accepted"
        assert "start" in told["allowed"]
        assert "cancel" not in told["allowed"]
        assert told["decided_by"]["type"] == "order.accepted"
        assert told["decided_by"]["actor"] == {"type": "merchant", "id": str(scene.staff.pk)}

    def test_shows_the_callers_own_view(self, scene: Scene) -> None:
        scene.bring_to("completed")
        with pytest.raises(IllegalStep) as refused:
            scene.act("cancel", "customer")
        assert refused.value.extra["order"]["handover_code"] == scene.order.handover_code
        assert refused.value.extra["allowed"] == []

    def test_of_a_leg_shows_the_leg(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        scene.assign()
        with pytest.raises(IllegalStep) as refused:
            scene.act("leg.deliver", "courier", proof={"kind": "photo", "value": "p1"})
        assert refused.value.extra["state"] == "assigned"
        assert refused.value.extra["allowed"] == ["unassign", "arrive_pickup"]


class TestVersionConflict:
    def test_shows_the_order_as_it_is_now(self, scene: Scene) -> None:
        order = scene.place()
        scene.act("nudge", "customer")
        with pytest.raises(VersionConflict) as refused:
            act("order.accept", by=scene.staff, on=order.pk, version=order.version)
        assert refused.value.extra["order"]["version"] == order.version + 1
        assert refused.value.extra["decided_by"]["type"] == "order.nudged"

    def test_never_follows_an_answer(self, scene: Scene) -> None:
        version = scene.place().version
        for name in ("accept", "start", "ready"):
            answer = act(f"order.{name}", by=scene.staff, on=scene.order.pk, version=version)
            version = answer["order"]["version"]
            assert scene.reload().version == version


class TestStrangers:
    def test_see_nothing(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        other = make_merchant()
        for stranger in (make_person(), make_courier(), make_staff(other)):
            with pytest.raises(NotFound):
                scene.act("start", stranger)

    def test_couriers_do_not_see_anothers_leg(self, scene: Scene) -> None:
        scene.bring_to("ready")
        scene.assign()
        with pytest.raises(NotFound):
            scene.act("leg.arrive_pickup", make_courier())

    @pytest.mark.parametrize("name", ["accept", "start", "hold"])
    def test_customers_may_not_do_the_shops_part(self, scene: Scene, name: str) -> None:
        scene.place()
        arguments = {"reason": "mine"} if name == "hold" else {}
        with pytest.raises(NotAllowed):
            scene.act(name, "customer", **arguments)

    def test_shops_may_not_complete_a_delivery(self, scene: Scene) -> None:
        scene.bring_to("handed_over")
        with pytest.raises(IllegalStep):
            scene.act("complete", "staff")


class TestPlacing:
    def test_needs_a_quote_of_ours(self, scene: Scene) -> None:
        with pytest.raises(QuoteInvalid):
            _place(scene, quote="forged")

    def test_needs_a_fresh_quote(self, scene: Scene) -> None:
        quote = make_sealed_quote(scene.merchant, now=START)
        scene.now += timedelta(minutes=5, seconds=1)
        with pytest.raises(QuoteExpired):
            _place(scene, quote=quote)

    def test_needs_an_open_shop(self, scene: Scene) -> None:
        scene.merchant.is_open = False
        scene.merchant.save()
        with pytest.raises(ShopClosed):
            scene.place()

    def test_keeps_the_shops_hours_in_its_own_time_zone(self, scene: Scene) -> None:
        scene.merchant.opening_hours.create(weekday=0, opens_at="12:30", closes_at="20:00")
        with pytest.raises(ShopClosed):
            scene.place()
        scene.now += timedelta(minutes=30)
        assert scene.place().state == "placed"

    def test_needs_a_shop_that_is_not_paused(self, scene: Scene) -> None:
        until = START + timedelta(minutes=10)
        scene.merchant.pause(until=until, reason="busy")
        scene.merchant.save()
        with pytest.raises(ShopPaused) as refused:
            scene.place()
        assert refused.value.extra == {"why": "paused", "again_at": iso(until)}

    def test_needs_a_served_zone(self, scene: Scene) -> None:
        scene.merchant.zone.radius_metres = 500
        scene.merchant.zone.save()
        with pytest.raises(ZoneNotServed):
            make_sealed_quote(scene.merchant)

    def test_takes_all_of_the_stock_or_none(self, scene: Scene) -> None:
        items = list(MenuItem.objects.filter(merchant=scene.merchant))
        MenuItem.objects.filter(pk=items[0].pk).update(stock=5)
        quote = make_sealed_quote(scene.merchant)
        MenuItem.objects.filter(pk=items[1].pk).update(stock=0)
        with pytest.raises(SoldOut) as refused:
            _place(scene, quote=quote)
        assert refused.value.extra["items"] == [{"id": str(items[1].pk), "name": "Dish 2"}]
        assert MenuItem.objects.get(pk=items[0].pk).stock == 5
        assert not Order.objects.exists()

    def test_is_scheduled_for_the_future(self, scene: Scene) -> None:
        with pytest.raises(Invalid):
            scene.place(extra={"release_at": START.isoformat()})


class TestProofs:
    def test_of_pickup_is_the_bags_number(self, scene: Scene) -> None:
        scene.bring_to("ready")
        scene.assign()
        with pytest.raises(WrongNumber):
            scene.act("leg.pick_up", "courier", number=scene.order.number + 1)

    def test_of_delivery_is_the_customers_code(self, scene: Scene) -> None:
        scene.bring_to("handed_over")
        with pytest.raises(WrongPin):
            scene.act("leg.deliver", "courier", proof={"kind": "pin", "value": "x"})

    def test_over_the_counter_is_the_customers_code(self, scene: Scene) -> None:
        scene.bring_to("ready", fulfilment="pickup")
        with pytest.raises(WrongCode):
            scene.act("hand_over", "staff")

    def test_nobody_takes_a_delivery_along_without_a_courier(self, scene: Scene) -> None:
        scene.bring_to("ready")
        with pytest.raises(NoCourier):
            scene.act("hand_over", "staff")


class TestTooLate:
    def test_cancelling_is_free_for_a_minute(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        scene.now += timedelta(seconds=61)
        with pytest.raises(NotFreeToCancel) as refused:
            scene.act("cancel", "customer")
        assert "request_cancellation" in refused.value.extra["allowed"]

    def test_nudging_again_waits_a_minute(self, scene: Scene) -> None:
        scene.place()
        scene.act("nudge", "customer")
        with pytest.raises(NudgedRecently):
            scene.act("nudge", "customer")


class TestAdjusting:
    @pytest.mark.parametrize("quantities", [[(0, 3)], [(0, 0), (1, 0)], []])
    def test_only_takes_away_and_leaves_something(
        self, scene: Scene, quantities: list[tuple[int, int]]
    ) -> None:
        order = scene.bring_to("accepted", quantities=(2, 1))
        lines = list(order.lines.all())
        changed = [{"line_id": str(lines[i].pk), "quantity": n} for i, n in quantities]
        with pytest.raises((Invalid, ValidationFailed)):
            scene.act("adjust", "staff", lines=changed)

    def test_is_not_the_customers(self, scene: Scene) -> None:
        order = scene.bring_to("accepted", quantities=(2, 1))
        line = {"line_id": str(order.lines.all()[0].pk), "quantity": 1}
        with pytest.raises(NotAllowed):
            scene.act("adjust", "customer", lines=[line])


class TestIdempotency:
    def test_the_same_key_gets_the_same_answer(self, scene: Scene) -> None:
        order = scene.place()
        first = act("order.accept", by=scene.staff, on=order.pk, key="k1")
        assert act("order.accept", by=scene.staff, on=order.pk, key="k1") == first

    def test_the_same_key_with_another_body_is_refused(self, scene: Scene) -> None:
        order = scene.place()
        act("order.accept", by=scene.staff, on=order.pk, key="k1")
        with pytest.raises(KeyReused):
            act("order.start", by=scene.staff, on=order.pk, key="k1")

    def test_a_refused_key_may_be_used_again(self, scene: Scene) -> None:
        order = scene.place()
        with pytest.raises(IllegalStep):
            act("order.start", by=scene.staff, on=order.pk, key="k1")
        act("order.accept", by=scene.staff, on=order.pk)
        assert act("order.start", by=scene.staff, on=order.pk, key="k1")["order"]

    def test_keys_belong_to_a_person(self, scene: Scene) -> None:
        numbers = {
            place(scene.merchant, person, extra={}).number
            for person in (scene.customer, make_person())
        }
        assert len(numbers) == 2


def _place(scene: Scene, *, quote: str) -> None:
    act(
        "order.place",
        by=scene.customer,
        now=scene.now,
        quote=quote,
        payment_method="cash",
        contact=CONTACT,
    )
