"""Nobody takes the leg: the search climbs its ladder."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from core.deadlines.models import Deadline
from core.events.models import Event
from core.legs.ladder import Rung
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.orders.conflicts import get_view
from core.orders.models import Order
from core.people.models import Person
from dispatch.earnings import get_courier_pay, get_zone_pay
from dispatch.models import CourierShift, Offer, ZoneSettings
from dispatch.zones.commands import LadderOutOfOrder
from dispatch.zones.models import STANDARD
from dispatch.zones.queries import get_policy
from realtime.guest_views import guest_row
from tests.dispatch import scene
from tests.dispatch.scene import START


MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


class TestOneByOne:
    def test_asks_the_nearest_courier_for_thirty_seconds(self, shop: Merchant) -> None:
        near = scene.courier(300)
        scene.courier(900)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers(leg)
        assert offer.courier == near
        assert offer.expires_at == START + timedelta(seconds=30)
        assert offer.terms["distance_metres"] == pytest.approx(300, abs=2)

    def test_asks_the_next_at_once_when_the_first_lets_it_expire(self, shop: Merchant) -> None:
        near, far = scene.courier(300), scene.courier(900)
        leg = scene.leg(shop)
        scene.run(START)
        scene.run(START + timedelta(seconds=30))
        assert [offer.courier for offer in scene.open_offers(leg)] == [far]
        assert Offer.objects.get(courier=near).state == "expired"

    def test_asks_the_next_at_once_when_the_first_declines(self, shop: Merchant) -> None:
        near, far = scene.courier(300), scene.courier(900)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers(leg)
        scene.act("offer.decline", near, now=START + timedelta(seconds=3), offer_id=offer.id)
        scene.run(START + timedelta(seconds=3))
        assert [offer.courier for offer in scene.open_offers(leg)] == [far]

    def test_asks_nobody_farther_than_two_kilometres(self, shop: Merchant) -> None:
        scene.courier(2500)
        leg = scene.leg(shop)
        scene.run(START)
        assert scene.open_offers(leg) == []

    def test_asks_a_courier_who_comes_on_line(self, shop: Merchant) -> None:
        leg = scene.leg(shop)
        scene.run(START)
        late = scene.courier(300, now=START + timedelta(seconds=2))
        scene.run(START + timedelta(seconds=2))
        assert [offer.courier for offer in scene.open_offers(leg)] == [late]


class TestLaterSteps:
    def test_widens_the_radius_after_three_minutes(self, shop: Merchant) -> None:
        far = scene.courier(2500)
        leg = scene.leg(shop)
        scene.run(START)
        scene.keep_in_sight(START + 3 * MINUTE)
        scene.run(START + 3 * MINUTE)
        assert [offer.courier for offer in scene.open_offers(leg)] == [far]

    def test_adds_a_bonus_and_asks_three_after_five_minutes(self, shop: Merchant) -> None:
        for metres in (2600, 2700, 2800, 2900):
            scene.courier(metres)
        leg = scene.leg(shop)
        now = START + 5 * MINUTE
        scene.keep_in_sight(now)
        scene.run(now)
        assert [offer.bonus_minor for offer in scene.open_offers(leg)] == [300] * 3

    def test_asks_again_who_declined_without_the_bonus(self, shop: Merchant) -> None:
        near = scene.courier(300)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers(leg)
        scene.act("offer.decline", near, now=START, offer_id=offer.id)
        scene.run(START + MINUTE)
        assert scene.open_offers(leg) == []
        now = START + 5 * MINUTE
        scene.keep_in_sight(now)
        scene.run(now)
        assert [offer.courier for offer in scene.open_offers(leg)] == [near]

    def test_opens_the_board_to_everybody_within_the_radius(self, shop: Merchant) -> None:
        for metres in range(2600, 3200, 100):
            scene.courier(metres)
        leg = scene.leg(shop)
        now = START + timedelta(minutes=6, seconds=30)
        scene.keep_in_sight(now)
        scene.run(now)
        assert {offer.mode for offer in scene.open_offers(leg)} == {"board"}
        assert len(scene.open_offers(leg)) == 6


class TestEscalation:
    def test_asks_the_shop_alarms_the_operator_and_cancels(self, shop: Merchant) -> None:
        leg = scene.leg(shop)
        facts = {}
        for minute in range(21):
            scene.run(START + minute * MINUTE)
            facts[minute] = set(Event.objects.values_list("type", flat=True))
        assert "delivery.escalated" in facts[8] - facts[7]
        assert "order.operator_alarmed" in facts[10] - facts[9]
        assert "order.stopped" in facts[20] - facts[19]
        order = Order.objects.get(pk=leg.order_id)
        assert (order.state, order.cancel_reason) == ("cancelled", "no_courier")
        assert order.cancel_party == "platform"

    def test_leaves_nothing_behind(self, shop: Merchant) -> None:
        for metres in (300, 600, 900):
            scene.courier(metres)
        scene.leg(shop)
        for second in range(0, 1210, 10):
            now = START + timedelta(seconds=second)
            scene.keep_in_sight(now)
            scene.run(now)
        assert Order.objects.get().state == "cancelled"
        assert scene.open_offers() == []
        assert set(CourierShift.objects.values_list("active_count", flat=True)) == {0}


class TestIgnoredOffers:
    def test_three_in_a_row_put_a_courier_off_line(self, shop: Merchant) -> None:
        sleepy = scene.courier(300)
        for number in range(3):
            now = START + number * MINUTE
            scene.leg(shop, now=now)
            scene.keep_in_sight(now)
            scene.run(now)
            scene.run(now + timedelta(seconds=30))
        shift = CourierShift.objects.get(pk=sleepy.pk)
        assert (shift.state, shift.offline_cause) == ("offline", "ignored_offers")
        assert Event.objects.filter(type="courier.offline").count() == 1


def coming(leg: DeliveryLeg) -> tuple[str, timedelta]:
    """Return what the order's view says comes next, and how long after the start."""
    view = get_view(leg.order_id, "merchant")
    next_deadline = view["next_deadline"]
    return next_deadline["kind"], datetime.fromisoformat(next_deadline["due_at"]) - START


class TestTimeline:
    def test_tells_of_each_rung_what_comes_next(self, shop: Merchant) -> None:
        leg = scene.leg(shop)
        told = [coming(leg)]
        for after, _ in STANDARD.marks[:-1]:
            scene.run(START + after)
            told.append(coming(leg))
        assert told == [(rung.value, after) for after, rung in STANDARD.marks]

    def test_states_each_rung_as_a_fact_with_its_terms(self, shop: Merchant) -> None:
        scene.leg(shop)
        scene.until(START, START + 7 * MINUTE, every=MINUTE / 2)
        raised = Event.objects.filter(type="delivery.search_raised").order_by("id")
        assert [fact.data["rung"] for fact in raised] == [*Rung][:3]
        assert [fact.data["radius_metres"] for fact in raised] == [4_000, 5_000, 6_000]
        assert [fact.data["bonus_minor"] for fact in raised] == [0, 300, 500]

    def test_catches_up_after_a_long_silence(self, shop: Merchant) -> None:
        leg = scene.leg(shop)
        scene.run(START + 9 * MINUTE)
        assert DeliveryLeg.objects.get().search_rung == Rung.ASK_SHOP
        assert coming(leg) == (Rung.ALARM, 10 * MINUTE)

    def test_ends_in_the_transaction_of_who_takes_it(self, shop: Merchant) -> None:
        near = scene.courier(300)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        scene.act("offer.accept", near, now=START, offer_id=offer.id)
        assert not Deadline.objects.filter(subject=leg.pk).exists()
        assert not set(get_view(leg.order_id, "merchant")["deadlines"]) & set(Rung)
        scene.run(START + 30 * MINUTE)
        assert not Event.objects.filter(type="delivery.search_raised").exists()

    def test_begins_anew_when_the_leg_loses_its_courier(self, shop: Merchant) -> None:
        near = scene.courier(300)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        scene.act("offer.accept", near, now=START, offer_id=offer.id)
        scene.act("leg.give_back", near, now=START + MINUTE, leg_id=leg.pk)
        assert coming(leg) == (Rung.WIDEN, 4 * MINUTE)

    def test_stands_still_while_the_order_is_held(self, shop: Merchant) -> None:
        leg, operator = scene.leg(shop), scene.person(is_operator=True)
        scene.run(START + 2 * MINUTE)
        now = START + 2 * MINUTE
        scene.act("order.hold", operator, now=now, order_id=leg.order_id, reason="address")
        assert not set(get_view(leg.order_id, "merchant")["deadlines"]) & set(Rung)
        scene.run(now + 20 * MINUTE)
        assert DeliveryLeg.objects.get().search_rung == ""
        scene.act("order.release", operator, now=now + 20 * MINUTE, order_id=leg.order_id)
        assert coming(leg) == (Rung.WIDEN, 23 * MINUTE)
        scene.run(START + 23 * MINUTE)
        assert DeliveryLeg.objects.get().search_rung == Rung.WIDEN

    def test_is_not_told_to_guests(self, shop: Merchant) -> None:
        leg = scene.leg(shop)
        row = {"key": f"order:{leg.order_id}", "ver": 1, "d": get_view(leg.order_id, "customer")}
        assert guest_row(row)["d"]["next_deadline"] is None


class TestZone:
    @pytest.fixture
    def operator(self, shop: Merchant) -> Person:
        return scene.person(is_operator=True)

    def configure(self, shop: Merchant, who: Person, **values: int) -> None:
        scene.act("zone.configure", who, now=START, zone_id=shop.zone_id, **values)

    def test_moves_the_rungs_and_the_bonus(self, shop: Merchant, operator: Person) -> None:
        self.configure(shop, operator, widen_after_seconds=60, raise_pay_after_seconds=120)
        self.configure(shop, operator, bonus_minor=450, bonus_metres=5_500)
        scene.courier(5_400)
        leg = scene.leg(shop)
        assert coming(leg) == (Rung.WIDEN, MINUTE)
        scene.until(START, START + 2 * MINUTE, every=MINUTE, in_sight=True)
        (offer,) = scene.open_offers()
        assert offer.bonus_minor == 450

    def test_tells_when_a_rung_comes_later_than_was_told(
        self, shop: Merchant, operator: Person
    ) -> None:
        leg = scene.leg(shop)
        self.configure(shop, operator, widen_after_seconds=240)
        version = Order.objects.get().version
        scene.run(START + 3 * MINUTE)
        assert coming(leg) == (Rung.WIDEN, 4 * MINUTE)
        assert Order.objects.get().version == version + 1
        scene.run(START + 4 * MINUTE)
        assert DeliveryLeg.objects.get().search_rung == Rung.WIDEN

    @pytest.mark.parametrize(
        "wrong",
        [
            {"widen_after_seconds": 301},
            {"give_up_after_seconds": 599},
            {"near_metres": 4_001},
            {"bonus_minor": 501},
        ],
    )
    def test_refuses_rungs_that_fall(
        self, shop: Merchant, operator: Person, wrong: dict[str, int]
    ) -> None:
        with pytest.raises(LadderOutOfOrder):
            self.configure(shop, operator, **wrong)
        assert get_policy(shop.zone_id) == STANDARD

    def test_law_is_the_databases_too(self, shop: Merchant) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            ZoneSettings.objects.create(zone=shop.zone, changed_at=START, near_metres=4_001)

    def test_asks_couriers_as_far_as_the_widest_zone_does(
        self, shop: Merchant, operator: Person
    ) -> None:
        self.configure(shop, operator, board_metres=9_000, bonus_metres=9_000)
        leg = scene.leg(shop)
        scene.run(START + 5 * MINUTE)
        now = START + 5 * MINUTE + timedelta(seconds=1)
        late = scene.courier(8_500, now=now)
        scene.run(now)
        assert [offer.courier for offer in scene.open_offers(leg)] == [late]


class TestPay:
    def test_promised_with_the_bonus_is_kept_with_the_leg(self, shop: Merchant) -> None:
        far = scene.courier(4_500)
        leg = scene.leg(shop, state="ready")
        scene.until(START, START + 5 * MINUTE, every=MINUTE, in_sight=True)
        scene.run(START + 5 * MINUTE + timedelta(seconds=15))
        (offer,) = scene.open_offers()
        now = offer.offered_at
        scene.act("offer.accept", far, now=now, offer_id=offer.id)
        kept = DeliveryLeg.objects.get()
        assert (kept.fee_minor, kept.bonus_minor) == (500, 300)
        assert get_view(leg.order_id, "courier")["bonus_minor"] == 300
        scene.act("leg.pick_up", far, now=now, leg_id=leg.pk, number=leg.order.number)
        proof = {"kind": "pin", "value": "1234"}
        scene.act("leg.deliver", far, now=now, leg_id=leg.pk, proof=proof)
        span = {"since": START, "until": now + MINUTE}
        sums = {"delivered_count": 1, "bonus_count": 1, "fee_minor": 500, "bonus_minor": 300}
        assert get_courier_pay(far.pk, **span) == [{"currency": "CNY", **sums}]
        assert get_zone_pay(shop.zone_id, **span) == [{"currency": "CNY", **sums}]
        assert get_zone_pay(scene.shop().zone_id, **span) == []

    def test_of_an_operators_choice_is_what_the_search_offers(self, shop: Merchant) -> None:
        chosen, operator = scene.courier(9_000), scene.person(is_operator=True)
        leg = scene.leg(shop)
        now = START + 7 * MINUTE
        scene.keep_in_sight(now)
        scene.run(now)
        scene.act("leg.assign", operator, now=now, leg_id=leg.pk, courier_id=str(chosen.pk))
        assert DeliveryLeg.objects.get().bonus_minor == 500

    def test_is_nothing_where_the_shop_delivers_itself(self, shop: Merchant) -> None:
        clerk, leg = scene.staff(shop), scene.leg(shop)
        scene.act("leg.self_deliver", clerk, now=START, leg_id=leg.pk)
        kept = DeliveryLeg.objects.get()
        assert (kept.fee_minor, kept.bonus_minor) == (0, 0)

    def test_is_forgotten_by_who_gives_the_leg_back(self, shop: Merchant) -> None:
        near = scene.courier(300)
        leg = scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        scene.act("offer.accept", near, now=START, offer_id=offer.id)
        scene.act("leg.give_back", near, now=START, leg_id=leg.pk)
        assert DeliveryLeg.objects.get().fee_minor == 0
