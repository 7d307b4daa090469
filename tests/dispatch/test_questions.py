"""The shop is asked what to do: it waits, asks the customer to come, or ends the order."""

from datetime import datetime, timedelta

import pytest

from core.deadlines.models import Deadline
from core.errors import NotAllowed
from core.gate.run import ValidationFailed
from core.legs.ladder import ASK_AGAIN, Rung
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.orders.conflicts import IllegalStep, get_view
from core.orders.models import Order
from core.people.models import Person
from dispatch.rungs import ANSWER_SPAN, LONGEST_WAIT, WaitedLongEnough
from notifications.models import Notice
from notifications.queries import get_attended
from tests.dispatch import scene
from tests.dispatch.scene import START


MINUTE = timedelta(minutes=1)
ASKED = START + 8 * MINUTE
pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(shop: Merchant) -> Person:
    return scene.staff(shop)


@pytest.fixture
def leg(shop: Merchant, clerk: Person) -> DeliveryLeg:
    """A delivery that nobody has taken for so long that the shop is asked."""
    made = scene.leg(shop)
    scene.run(ASKED)
    return made


def due(leg: DeliveryLeg) -> dict[str, datetime]:
    rows = Deadline.objects.filter(subject__in=[leg.pk, leg.order_id])
    return dict(rows.values_list("kind", "due_at"))


def open_notices() -> set[str]:
    return set(Notice.objects.filter(closed_at__isnull=True).values_list("template", flat=True))


class TestWait:
    def wait(self, leg: DeliveryLeg, who: Person, *, now: datetime, minutes: int = 15) -> None:
        scene.act("leg.wait", who, now=now, leg_id=leg.pk, minutes=minutes)

    def test_answers_the_question_and_lets_the_ladder_go_on(
        self, leg: DeliveryLeg, clerk: Person
    ) -> None:
        self.wait(leg, clerk, now=ASKED)
        assert "no_courier" not in open_notices()
        view = get_view(leg.order_id, "merchant")["leg"]
        assert view["search_escalated_at"] is None
        assert datetime.fromisoformat(view["search_waits_until"]) == ASKED + 15 * MINUTE
        assert due(leg)[Rung.ALARM] == START + 10 * MINUTE

    def test_does_not_give_up_meanwhile_and_asks_again(
        self, leg: DeliveryLeg, clerk: Person
    ) -> None:
        self.wait(leg, clerk, now=ASKED)
        scene.run(START + 20 * MINUTE)
        assert Order.objects.get().state == "accepted"
        again = ASKED + 15 * MINUTE
        assert due(leg)[ASK_AGAIN] == again
        assert due(leg)[Rung.GIVE_UP] == again + ANSWER_SPAN
        scene.run(again)
        assert DeliveryLeg.objects.get().search_escalated_at == again
        assert "no_courier" in open_notices()
        scene.run(again + ANSWER_SPAN)
        assert Order.objects.get().cancel_reason == "no_courier"
        assert not due(leg)

    def test_never_lets_it_give_up_sooner(self, leg: DeliveryLeg, clerk: Person) -> None:
        self.wait(leg, clerk, now=ASKED, minutes=5)
        scene.run(START + 17 * MINUTE)
        assert due(leg)[Rung.GIVE_UP] == START + 20 * MINUTE

    def test_ends_with_who_takes_the_leg(self, leg: DeliveryLeg, clerk: Person) -> None:
        self.wait(leg, clerk, now=ASKED)
        scene.act("leg.self_deliver", clerk, now=ASKED, leg_id=leg.pk)
        assert set(due(leg)) == {"order.overdue"} or not due(leg)
        assert DeliveryLeg.objects.get().search_waits_until is None

    def test_stands_still_while_the_order_is_held(self, leg: DeliveryLeg, clerk: Person) -> None:
        operator = scene.person(is_operator=True)
        self.wait(leg, clerk, now=ASKED)
        scene.act("order.hold", operator, now=ASKED, order_id=leg.order_id, reason="address")
        later = ASKED + 20 * MINUTE
        scene.run(later)
        assert DeliveryLeg.objects.get().search_escalated_at is None
        scene.act("order.release", operator, now=later, order_id=leg.order_id)
        assert DeliveryLeg.objects.get().search_waits_until == later + 15 * MINUTE
        assert due(leg)[ASK_AGAIN] == later + 15 * MINUTE

    def test_has_an_end(self, leg: DeliveryLeg, clerk: Person) -> None:
        now = ASKED
        for _ in range(3):
            self.wait(leg, clerk, now=now)
            now += 15 * MINUTE
            scene.run(now)
        with pytest.raises(WaitedLongEnough) as refused:
            self.wait(leg, clerk, now=now)
        assert refused.value.extra["until"] == START + LONGEST_WAIT

    def test_is_refused_to_who_was_not_asked(self, shop: Merchant, clerk: Person) -> None:
        leg = scene.leg(shop)
        with pytest.raises(IllegalStep):
            self.wait(leg, clerk, now=START)
        with pytest.raises(NotAllowed):
            self.wait(leg, leg.order.customer, now=START)
        with pytest.raises(ValidationFailed):
            self.wait(leg, clerk, now=START, minutes=7)


class TestPickup:
    def propose(self, leg: DeliveryLeg, who: Person) -> None:
        scene.act("order.propose_pickup", who, now=ASKED, order_id=leg.order_id)

    def answer(self, leg: DeliveryLeg, *, agree: bool) -> None:
        customer = leg.order.customer
        now = ASKED + MINUTE
        scene.act("order.answer_pickup", customer, now=now, order_id=leg.order_id, agree=agree)

    def test_is_asked_of_the_customer(self, leg: DeliveryLeg, clerk: Person) -> None:
        self.propose(leg, clerk)
        assert {"pickup_proposed"} == open_notices() - {"operator_alarm"}
        view = get_view(leg.order_id, "customer")
        assert view["pickup_proposed_at"] is not None
        assert view["next_deadline"]["kind"] in {"order.pickup", Rung.ALARM}
        assert due(leg)["order.pickup"] == ASKED + 5 * MINUTE
        assert {"answer_pickup", "convert_to_pickup"} <= set(view["allowed"])

    def test_agreed_ends_the_leg_and_the_fee(self, leg: DeliveryLeg, clerk: Person) -> None:
        self.propose(leg, clerk)
        self.answer(leg, agree=True)
        order = Order.objects.get()
        assert (order.fulfilment, order.state) == ("pickup", "accepted")
        assert (order.delivery_fee_minor, order.total_minor) == (0, order.items_minor)
        assert order.pickup_proposed_at is None
        assert DeliveryLeg.objects.get().state == "cancelled"
        assert "order.pickup" not in due(leg)
        assert "pickup_proposed" not in open_notices()

    def test_refused_gives_the_money_back_without_blame(
        self, leg: DeliveryLeg, clerk: Person, shop: Merchant
    ) -> None:
        self.propose(leg, clerk)
        self.answer(leg, agree=False)
        order = Order.objects.get()
        assert (order.state, order.cancel_reason) == ("cancelled", "no_courier")
        assert order.cancel_party == "platform"
        shop.refresh_from_db()
        assert shop.strike_count == 0

    def test_unanswered_gives_the_money_back(self, leg: DeliveryLeg, clerk: Person) -> None:
        self.propose(leg, clerk)
        scene.run(ASKED + 5 * MINUTE)
        assert Order.objects.get().cancel_reason == "no_courier"

    def test_is_settled_by_who_takes_the_leg(self, leg: DeliveryLeg, clerk: Person) -> None:
        self.propose(leg, clerk)
        scene.act("leg.self_deliver", clerk, now=ASKED, leg_id=leg.pk)
        assert Order.objects.get().pickup_proposed_at is None
        assert "order.pickup" not in due(leg)
        assert open_notices() == set()
        with pytest.raises(IllegalStep):
            self.answer(leg, agree=True)

    def test_is_frozen_while_the_order_is_held(self, leg: DeliveryLeg, clerk: Person) -> None:
        operator = scene.person(is_operator=True)
        self.propose(leg, clerk)
        scene.act("order.hold", operator, now=ASKED, order_id=leg.order_id, reason="address")
        scene.run(ASKED + 10 * MINUTE)
        assert Order.objects.get().state == "accepted"

    def test_may_be_proposed_by_operators_at_any_time(self, shop: Merchant) -> None:
        leg = scene.leg(shop)
        self.propose(leg, scene.person(is_operator=True))
        assert Order.objects.get().pickup_proposed_at == ASKED

    def test_is_not_proposed_before_the_shop_was_asked(
        self, shop: Merchant, clerk: Person
    ) -> None:
        leg = scene.leg(shop)
        with pytest.raises(IllegalStep):
            self.propose(leg, clerk)

    def test_is_not_proposed_twice(self, leg: DeliveryLeg, clerk: Person) -> None:
        self.propose(leg, clerk)
        with pytest.raises(IllegalStep):
            self.propose(leg, clerk)


class TestCancel:
    def test_is_no_fault_of_the_shop(
        self, leg: DeliveryLeg, clerk: Person, shop: Merchant
    ) -> None:
        stop = {"order_id": leg.order_id, "reason": "no_courier"}
        scene.act("order.stop", clerk, now=ASKED, **stop)
        shop.refresh_from_db()
        assert shop.strike_count == 0
        assert Order.objects.get().cancel_party == "platform"


class TestAlarm:
    ALARMED = START + 10 * MINUTE

    @pytest.fixture
    def operators(self, db: None) -> list[Person]:
        return [scene.person(is_operator=True), scene.person(is_operator=True)]

    def test_reaches_every_operator_by_a_ladder(
        self, operators: list[Person], leg: DeliveryLeg
    ) -> None:
        scene.run(self.ALARMED)
        notice = Notice.objects.get(template="operator_alarm")
        assert {row.person for row in notice.recipients.all()} == set(operators)
        steps = notice.deliveries.filter(recipient__person=operators[0]).order_by("due_at")
        assert [row.channel for row in steps] == ["push", "push", "sms"]
        assert Order.objects.get().is_flagged

    def test_is_acknowledged_by_one_for_all(
        self, operators: list[Person], leg: DeliveryLeg
    ) -> None:
        scene.run(self.ALARMED)
        notice = Notice.objects.get(template="operator_alarm")
        scene.act("notice.act", operators[0], now=self.ALARMED, notice_id=notice.pk)
        assert not notice.recipients.filter(closed_at__isnull=True).exists()
        assert set(notice.deliveries.values_list("state", flat=True)) == {"cancelled"}
        attended = get_attended(Order.objects.filter(is_flagged=True))
        assert attended == {str(leg.order_id): operators[0].name}

    @pytest.mark.parametrize("how", ["taken", "collected", "given up"])
    def test_ends_with_the_matter(
        self, operators: list[Person], leg: DeliveryLeg, clerk: Person, how: str
    ) -> None:
        now = self.ALARMED
        scene.run(now)
        match how:
            case "taken":
                scene.act("leg.self_deliver", clerk, now=now, leg_id=leg.pk)
            case "collected":
                customer = leg.order.customer
                scene.act("order.convert_to_pickup", customer, now=now, order_id=leg.order_id)
            case _:
                scene.run(START + 20 * MINUTE)
        assert Notice.objects.get(template="operator_alarm").closed_at is not None
        live = Order.objects.filter(ended_at__isnull=True)
        assert not live.filter(is_flagged=True).exists()
