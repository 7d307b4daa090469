"""How orders end before their time, what it costs whom, and what it leaves behind."""

import pytest

from core.deadlines.models import Deadline, FiredDeadline
from core.events.models import Event
from core.events.queries import get_timeline
from core.merchants.models import MenuItem
from core.payments.models import Payment, Refund
from tests.builders import Scene, make_scene, pay


def stock_of(scene: Scene) -> list[int | None]:
    return list(MenuItem.objects.filter(merchant=scene.merchant).values_list("stock", flat=True))


def ending(scene: Scene) -> tuple[str, str, str]:
    order = scene.reload()
    return order.cancel_mode, order.cancel_reason, order.cancel_party


def last_fact(scene: Scene) -> str:
    facts = Event.objects.filter(subject=f"order:{scene.order.pk}", type__startswith="order.")
    last = facts.order_by("-version", "-id").first()
    assert last is not None
    return last.type


class TestCustomer:
    @pytest.mark.parametrize("state", ["pending_payment", "placed", "accepted"])
    def test_cancels_freely_and_gets_everything_back(self, db: None, state: str) -> None:
        scene = make_scene(stock=5)
        scene.bring_to(state, payment="online")
        scene.act("cancel", "customer", reason="wrong_address")
        assert ending(scene) == ("cancel", "wrong_address", "customer")
        assert stock_of(scene) == [5, 5]
        assert last_fact(scene) == ("order.stopped" if state == "accepted" else "order.cancelled")

    def test_asks_the_shop_whose_silence_agrees(self, scene: Scene) -> None:
        scene.bring_to("preparing", payment="online", fulfilment="pickup")
        scene.act("request_cancellation", "customer", reason="too_slow")
        scene.wait(minutes=14)
        assert scene.reload().state == "preparing"
        scene.wait(minutes=1)
        assert ending(scene) == ("agree_cancellation", "cancellation_agreed", "merchant")
        assert Refund.objects.get().amount_minor == scene.order.total_minor
        assert last_fact(scene) == "order.stopped"

    def test_may_be_refused_and_ask_again(self, scene: Scene) -> None:
        scene.bring_to("ready")
        scene.assign()
        scene.act("request_cancellation", "customer")
        scene.act("answer_cancellation", "staff", agree=False)
        scene.wait(minutes=20)
        assert scene.reload().state == "ready"
        scene.act("request_cancellation", "customer")
        scene.act("answer_cancellation", "staff", agree=True)
        assert last_fact(scene) == "order.cancelled"

    def test_asks_in_vain_once_the_courier_has_it(self, scene: Scene) -> None:
        scene.bring_to("ready")
        scene.act("request_cancellation", "customer")
        scene.assign()
        scene.act("leg.pick_up", "courier", number=scene.order.number)
        scene.wait(minutes=20)
        assert scene.reload().state == "handed_over"
        assert scene.order.cancellation_requested_at is None


class TestPaying:
    def test_late_ends_the_order(self, db: None) -> None:
        scene = make_scene(stock=5)
        scene.place(payment="online")
        scene.wait(minutes=15)
        assert ending(scene) == ("expire_payment", "payment_expired", "customer")
        assert stock_of(scene) == [5, 5]

    def test_after_the_end_never_revives_it(self, scene: Scene) -> None:
        scene.place(payment="online")
        scene.wait(minutes=15)
        assert pay(scene.order, now=scene.now) == "late"
        assert scene.reload().state == "cancelled"
        assert Refund.objects.get().amount_minor == scene.order.total_minor


class TestShop:
    def test_that_sleeps_three_times_is_paused(self, scene: Scene) -> None:
        for missed in range(1, 4):
            scene.place()
            scene.wait(minutes=5)
            assert ending(scene) == ("expire_accept", "accept_expired", "merchant")
            scene.merchant.refresh_from_db()
            assert scene.merchant.strike_count == missed
        assert scene.merchant.paused_until is not None
        assert Event.objects.filter(type="store.auto_paused").count() == 1

    def test_that_answers_is_forgiven(self, scene: Scene) -> None:
        for _ in range(2):
            scene.place()
            scene.wait(minutes=5)
        scene.bring_to("accepted")
        scene.merchant.refresh_from_db()
        assert (scene.merchant.missed_streak, scene.merchant.strike_count) == (0, 2)

    def test_is_reminded_once(self, scene: Scene) -> None:
        scene.place()
        scene.wait(minutes=4)
        assert Event.objects.filter(type="order.accept_reminded").count() == 1

    def test_rejects_and_sells_out_what_it_names(self, db: None) -> None:
        scene = make_scene(stock=5)
        order = scene.place()
        item = order.lines.all()[0].item
        scene.act("reject", "staff", reason="sold_out", item_ids=[str(item.pk)])
        item.refresh_from_db()
        assert item.is_sold_out
        assert stock_of(scene) == [5, 5]
        assert ending(scene) == ("reject", "sold_out", "merchant")

    def test_that_stops_a_running_order_pays_for_it(self, db: None) -> None:
        scene = make_scene(stock=5)
        scene.bring_to("preparing", payment="online")
        scene.act("stop", "staff", reason="cannot_fulfil")
        scene.merchant.refresh_from_db()
        assert scene.merchant.strike_count == 1
        assert Refund.objects.get().amount_minor == scene.order.total_minor
        assert stock_of(scene) == [4, 4]  # the kitchen had begun

    def test_that_accepts_by_itself_needs_no_hand(self, db: None) -> None:
        scene = make_scene(auto_accept=True)
        order = scene.place()
        assert order.state == "accepted"
        assert scene.leg.state == "unassigned"
        facts = [fact["type"] for fact in get_timeline(f"order:{order.pk}")]
        assert facts[:3] == ["order.placed", "order.accepted", "delivery.created"]


class TestAdjusting:
    def test_gives_the_difference_back(self, scene: Scene) -> None:
        order = scene.bring_to("accepted", payment="online", quantities=(2, 1))
        line = order.lines.all()[0]
        scene.act("adjust", "staff", lines=[{"line_id": str(line.pk), "quantity": 1}])
        assert scene.reload().items_minor == 2800
        assert Refund.objects.get().amount_minor == line.unit_minor

    @pytest.mark.parametrize(
        ("preference", "state"), [("refund", "accepted"), ("cancel", "cancelled")]
    )
    def test_takes_the_stated_preference_when_nobody_answers(
        self, scene: Scene, preference: str, state: str
    ) -> None:
        order = scene.bring_to(
            "accepted",
            fulfilment="pickup",
            quantities=(2, 1),
            extra={"sold_out_preference": preference},
        )
        line = order.lines.all()[0]
        lines = [{"line_id": str(line.pk), "quantity": 1}]
        scene.act("propose_adjustment", "staff", lines=lines)
        scene.wait(minutes=3)
        assert scene.reload().state == state
        assert scene.order.proposal is None

    def test_takes_the_customers_word(self, scene: Scene) -> None:
        order = scene.bring_to("accepted", quantities=(2, 1))
        lines = [{"line_id": str(order.lines.all()[1].pk), "quantity": 0}]
        scene.act("propose_adjustment", "staff", lines=lines)
        scene.act("answer_adjustment", "customer", answer="refund")
        assert [line.quantity for line in scene.order.lines.all()] == [2, 0]


class TestForgotten:
    @pytest.mark.parametrize(
        ("state", "fulfilment", "outcome"),
        [
            ("accepted", "pickup", "cannot_fulfil"),
            ("ready", "pickup", "not_collected"),
            ("handed_over", "delivery", ""),
        ],
    )
    def test_orders_end_a_day_after_their_promise_and_are_flagged(
        self, scene: Scene, state: str, fulfilment: str, outcome: str
    ) -> None:
        scene.bring_to(state, fulfilment=fulfilment)
        scene.wait(days=1, hours=1)
        order = scene.reload()
        assert order.is_flagged
        assert order.cancel_reason == outcome
        assert order.state == ("cancelled" if outcome else "completed")


class TestHolding:
    def test_freezes_promises_for_as_long_as_it_lasts(self, scene: Scene) -> None:
        scene.place()
        scene.wait(minutes=4)
        scene.act("hold", "operator", reason="address")
        scene.wait(minutes=29)
        assert scene.reload().state == "placed"
        scene.act("release", "operator")
        scene.wait(seconds=59)
        assert scene.reload().state == "placed"
        scene.wait(seconds=1)
        assert scene.reload().state == "cancelled"

    def test_ends_by_itself_after_half_an_hour(self, scene: Scene) -> None:
        scene.place()
        scene.act("hold", "operator", reason="address")
        scene.wait(minutes=30)
        assert scene.reload().held_at is None

    def test_freezes_what_is_promised_meanwhile(self, scene: Scene) -> None:
        scene.bring_to("preparing", fulfilment="pickup")
        scene.act("hold", "operator", reason="address")
        scene.act("request_cancellation", "customer")
        scene.wait(minutes=29)
        assert scene.reload().state == "preparing"


class TestScheduled:
    def test_begins_to_search_at_its_time(self, scene: Scene) -> None:
        release_at = scene.now.replace(hour=8)
        scene.bring_to("accepted", extra={"release_at": release_at.isoformat()})
        scene.wait(hours=3, minutes=59)
        assert not hasattr(scene.reload(), "leg")
        scene.wait(minutes=1)
        assert scene.leg.state == "unassigned"


class TestEveryEnd:
    @pytest.mark.parametrize("state", ["completed", "cancelled"])
    def test_leaves_no_promise_behind(self, scene: Scene, state: str) -> None:
        scene.bring_to("completed" if state == "completed" else "ready")
        if state == "cancelled":
            scene.act("stop", "operator", reason="fraud")
        assert not Deadline.objects.filter(subject=scene.order.pk).exists()
        assert scene.leg.ended_at is not None

    def test_captures_cash_at_the_door(self, scene: Scene) -> None:
        scene.bring_to("completed")
        assert Payment.objects.get().state == "captured"

    def test_fires_a_deadline_once(self, scene: Scene) -> None:
        scene.place()
        scene.wait(minutes=10)
        fired = FiredDeadline.objects.filter(subject=scene.order.pk)
        assert sorted(fired.values_list("kind", flat=True)) == [
            "order.accept",
            "order.accept_reminder",
        ]
