"""The rules about searches, offers and shifts find what breaks them, and nothing else."""

from datetime import timedelta

import pytest

from core.deadlines.models import Deadline
from core.identifiers import new_id
from core.invariants import Scope, get_invariants
from core.legs.ladder import Rung
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.orders.models import Order
from core.people.models import Person
from dispatch.models import CourierSearch, CourierShift, Offer, ZoneLease
from dispatch.policy import DEADLINE_EXPIRE, DEADLINE_REVIEW, DEADLINE_ROUND
from dispatch.zones.leases import take_free
from tests.dispatch import scene
from tests.dispatch.scene import START
from tests.dispatch.test_overrule import hold, release


OWN = "dispatch.invariants"

pytestmark = pytest.mark.django_db


@pytest.fixture
def courier() -> Person:
    """Return a courier on line."""
    return scene.courier(300)


@pytest.fixture
def offer(shop: Merchant, courier: Person) -> Offer:
    """Return an offer of a leg to the courier, with nothing wrong anywhere."""
    leg = scene.leg(shop)
    scene.run(START)
    (made,) = scene.open_offers(leg)
    assert broken() == set()
    return made


@pytest.fixture
def carried(offer: Offer, courier: Person) -> DeliveryLeg:
    """Return a leg that the courier has."""
    scene.act("offer.accept", courier, now=START, offer_id=offer.id)
    assert broken() == set()
    return DeliveryLeg.objects.get()


def broken(scope: Scope | None = None) -> set[str]:
    """Names of dispatch's rules that something breaks."""
    rules = [rule for rule in get_invariants() if rule.find.__module__ == OWN]
    assert len(rules) == 7
    return {rule.name for rule in rules if rule.broken(scope or Scope())}


class TestOffers:
    def test_that_outlive_the_search(self, offer: Offer) -> None:
        DeliveryLeg.objects.update(state="unassigned")
        assert broken() == {"astray_offers"}

    def test_that_never_lapse(self, offer: Offer) -> None:
        Deadline.objects.filter(kind=DEADLINE_EXPIRE).delete()
        assert broken() == {"astray_offers"}

    def test_that_lapse_though_they_have_ended(self, offer: Offer) -> None:
        promised = Deadline.objects.get(kind=DEADLINE_EXPIRE)
        scene.act("offer.decline", offer.courier, now=START, offer_id=offer.id)
        assert broken() == set()
        Deadline.objects.create(kind=DEADLINE_EXPIRE, subject=offer.id, due_at=promised.due_at)
        assert broken() == {"astray_offers"}

    def test_to_somebody_off_line_whom_nobody_will_look_at(self, offer: Offer) -> None:
        scene.act("courier.go_offline", offer.courier, now=START)
        assert broken() == set()
        Deadline.objects.filter(kind="leg.review").delete()
        assert broken() == {"astray_offers"}

    def test_beside_a_pin(self, offer: Offer) -> None:
        CourierSearch.objects.update(pinned_to=scene.courier(500))
        assert broken() == {"astray_offers"}

    def test_that_a_leg_only_claims_to_have(self, offer: Offer) -> None:
        Deadline.objects.filter(kind=DEADLINE_EXPIRE).delete()
        Offer.objects.all().delete()
        assert broken() == {"astray_offers"}

    def test_won_by_two(self, carried: DeliveryLeg) -> None:
        again = Offer.objects.get()
        again.pk, again.courier_id = new_id(), scene.courier(900).pk
        Offer.objects.bulk_create([again])
        assert broken() == {"legs_won_twice"}


class TestPins:
    def test_to_somebody_off_line_whom_nobody_will_look_at(self, offer: Offer) -> None:
        other, operator = scene.courier(5000), scene.person(is_operator=True)
        said = {"leg_id": offer.leg_id, "courier_id": str(other.pk)}
        scene.act("leg.pin", operator, now=START, **said)
        assert broken() == set()
        scene.act("courier.go_offline", other, now=START)
        assert broken() == set()
        Deadline.objects.filter(kind="leg.review").delete()
        assert broken() == {"astray_pins"}

    def test_given_and_taken_while_the_search_rests_wake_nobody(self, offer: Offer) -> None:
        operator, leg_id = scene.person(is_operator=True), offer.leg_id
        said = {"leg_id": leg_id, "courier_id": str(offer.courier_id)}
        scene.with_order(offer.leg.order_id, hold, now=START)
        scene.act("leg.pin", operator, now=START, **said)
        assert broken() == set()
        scene.act("leg.unpin", operator, now=START, leg_id=leg_id)
        scene.act("leg.pin", operator, now=START, **said)
        scene.with_order(offer.leg.order_id, release, now=START)
        scene.run(START)
        assert broken() == set()
        (again,) = scene.open_offers()
        scene.act("offer.accept", again.courier, now=START, offer_id=again.id)
        scene.act("leg.unpin", operator, now=START, leg_id=leg_id)
        assert broken() == set()


class TestSearches:
    def test_that_do_not_look_again(self, offer: Offer) -> None:
        Deadline.objects.filter(kind=DEADLINE_ROUND).delete()
        assert broken() == {"idle_searches"}

    def test_whose_next_look_is_frozen(self, offer: Offer) -> None:
        Deadline.objects.filter(kind=DEADLINE_ROUND).update(held_at=START)
        assert broken() == {"idle_searches"}

    def test_whose_ladder_ends(self, offer: Offer) -> None:
        Deadline.objects.filter(kind=Rung.WIDEN).delete()
        assert broken() == {"idle_searches"}

    def test_that_gave_up(self, shop: Merchant) -> None:
        scene.leg(shop)
        CourierSearch.objects.update(ended_at=START)
        assert "idle_searches" in broken()

    def test_that_a_held_order_goes_on_with(self, offer: Offer) -> None:
        Order.objects.update(held_at=START)
        assert broken() == {"needless_searches"}

    def test_that_are_frozen_without_their_order(self, shop: Merchant) -> None:
        scene.leg(shop)
        CourierSearch.objects.update(held_at=START)
        assert broken() == {"idle_searches", "needless_searches"}

    def test_that_are_over_while_a_held_order_keeps_the_legs_promises(
        self, carried: DeliveryLeg
    ) -> None:
        promise = {"kind": DEADLINE_REVIEW, "subject": carried.pk, "due_at": START}
        Deadline.objects.create(**promise, held_at=START)
        assert broken() == {"idle_searches"}
        Order.objects.update(held_at=START)
        assert broken() == set()

    def test_that_never_began(self, shop: Merchant) -> None:
        leg = scene.leg(shop)
        CourierSearch.objects.filter(pk=leg.pk).delete()
        assert broken() == {"idle_searches"}

    def test_for_what_somebody_has(self, carried: DeliveryLeg) -> None:
        CourierSearch.objects.update(ended_at=None)
        assert broken() == {"needless_searches"}

    def test_that_rest_and_are_promised_a_look(self, carried: DeliveryLeg) -> None:
        Deadline.objects.create(kind=DEADLINE_ROUND, subject=carried.pk, due_at=START)
        assert broken() == {"needless_searches"}

    def test_that_wait_for_a_plan_in_vain(self, carried: DeliveryLeg) -> None:
        CourierSearch.objects.update(plan_wanted_at=START)
        assert broken() == {"needless_searches"}


class TestLoads:
    def test_that_do_not_add_up(self, carried: DeliveryLeg) -> None:
        CourierShift.objects.update(active_count=2)
        assert broken() == {"miscounted_loads"}

    def test_of_who_has_nothing(self, courier: Person) -> None:
        CourierShift.objects.update(active_count=1)
        assert broken() == {"miscounted_loads"}

    @pytest.mark.parametrize("counted", ["nobody", "another"])
    def test_that_count_for_the_wrong_one(self, carried: DeliveryLeg, counted: str) -> None:
        other = scene.courier(900) if counted == "another" else None
        CourierSearch.objects.update(courier=other)
        assert broken() == {"miscounted_loads"}


class TestZones:
    def test_that_are_gone_and_owned(self, shop: Merchant) -> None:
        take_free("one", at=START)
        assert broken() == set()
        ZoneLease.objects.create(zone_id=new_id(), owner="one", until=START)
        assert broken() == {"astray_zones"}


class TestScope:
    def test_leaves_out_what_ended_before(self, carried: DeliveryLeg) -> None:
        CourierSearch.objects.update(plan_wanted_at=START)
        Order.objects.update(state="completed", ended_at=START)
        DeliveryLeg.objects.update(state="delivered")
        minute = timedelta(minutes=1)
        assert "needless_searches" in broken(Scope(since=START - minute))
        assert "needless_searches" not in broken(Scope(since=START + minute))

    def test_keeps_what_is_live(self, offer: Offer) -> None:
        Deadline.objects.filter(kind=DEADLINE_ROUND).delete()
        assert broken(Scope(since=START + timedelta(days=1))) == {"idle_searches"}
