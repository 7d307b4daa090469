"""Two people decide about one order at the same moment: one wins, the other learns who."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from core.deadlines.loop import fire_due
from core.gate.models import CommandKey
from core.invariants import find_broken
from core.merchants.models import MenuItem
from core.orders.models import Order
from tests.builders import START, Scene, act, make_person, make_scene, make_staff, place
from tests.concurrency.race import race, refusals


ROUNDS = 4
TWINS = 20

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """Return a shop and everybody around it, committed."""
    return make_scene()


@pytest.fixture(autouse=True)
def sound(scene: Scene) -> Iterator[None]:
    """Hold every race to the law of the whole database."""
    yield
    assert find_broken() == []


class TestAccept:
    def test_by_two_boards_has_one_winner(self, scene: Scene) -> None:
        boards = [scene.staff, make_staff(scene.merchant)]
        for _ in range(ROUNDS):
            order = scene.place()
            outcomes = race(*(partial(act, "order.accept", by=by, on=order.pk) for by in boards))
            (loser,) = refusals(outcomes)
            winner = boards[1 - outcomes.index(loser)]
            assert (loser.code, loser.status) == ("illegal_transition", 409)
            assert loser.extra["decided_by"]["actor"]["id"] == str(winner.pk)
            assert loser.extra["order"]["state"] == "accepted"

    def test_asked_for_again_and_again_is_done_once(self, scene: Scene) -> None:
        """A board with a bad line sends its command twenty times before it hears an answer."""
        for _ in range(ROUNDS):
            order = scene.place()
            accept = partial(
                act, "order.accept", by=scene.staff, on=order.pk, key=f"accept-{order.pk}"
            )
            outcomes = race(*[accept] * TWINS)
            assert refusals(outcomes) == []
            assert outcomes == [outcomes[0]] * TWINS

    def test_races_its_deadline(self, scene: Scene) -> None:
        for _ in range(ROUNDS):
            scene.now = START
            order = scene.place()
            due = START + timedelta(minutes=5)
            outcomes = race(
                partial(act, "order.accept", by=scene.staff, on=order.pk, now=due),
                partial(fire_due, now=due),
            )
            fire_due(now=due)
            order.refresh_from_db()
            lost = refusals(outcomes)
            assert order.state == ("cancelled" if lost else "accepted")
            for loser in lost:
                assert loser.extra["decided_by"]["actor"] == {"type": "system"}
                assert loser.extra["decided_by"]["type"] == "order.accept_expired"
            _answer(scene)

    def test_races_the_customer_who_cancels(self, scene: Scene) -> None:
        for _ in range(ROUNDS):
            order = scene.place()
            look: dict[str, Any] = {"on": order.pk, "version": order.version}
            outcomes = race(
                partial(act, "order.accept", by=scene.staff, **look),
                partial(act, "order.cancel", by=scene.customer, **look),
            )
            (loser,) = refusals(outcomes)
            order.refresh_from_db()
            accepted = outcomes[1] is loser
            assert order.state == ("accepted" if accepted else "cancelled")
            winner = scene.staff if accepted else scene.customer
            assert loser.extra["decided_by"]["actor"]["id"] == str(winner.pk)


class TestCancel:
    def test_races_the_courier_who_picks_up(self, scene: Scene) -> None:
        for _ in range(ROUNDS):
            order = scene.bring_to("ready")
            scene.act("request_cancellation", "customer")
            leg = scene.assign()
            outcomes = race(
                partial(act, "order.answer_cancellation", by=scene.staff, on=order.pk, agree=True),
                partial(act, "leg.pick_up", by=scene.courier, on=leg.pk, number=order.number),
            )
            (loser,) = refusals(outcomes)
            assert (loser.code, loser.status) == ("illegal_transition", 409)
            picked_up = outcomes[0] is loser
            assert scene.reload().state == ("handed_over" if picked_up else "cancelled")
            assert scene.leg.state == ("picked_up" if picked_up else "cancelled")
            winner = scene.courier if picked_up else scene.staff
            assert loser.extra["decided_by"]["actor"]["id"] == str(winner.pk)


class TestIdempotencyKey:
    def test_used_twice_at_once_acts_once(self, scene: Scene) -> None:
        for number in range(ROUNDS):
            order = scene.place()
            nudge = partial(
                act, "order.nudge", by=scene.customer, on=order.pk, key=f"key-{number}"
            )
            first, second = race(nudge, nudge)
            assert first == second
            order.refresh_from_db()
            assert order.nudge_count == 1
        assert CommandKey.objects.count() == ROUNDS


class TestStock:
    def test_of_one_goes_to_one_customer(self, scene: Scene) -> None:
        MenuItem.objects.filter(merchant=scene.merchant).update(stock=2)
        customers = [make_person() for _ in range(4)]
        outcomes = race(*(partial(place, scene.merchant, customer) for customer in customers))
        assert [refusal.code for refusal in refusals(outcomes)] == ["sold_out", "sold_out"]
        left = MenuItem.objects.filter(merchant=scene.merchant).values_list("stock", flat=True)
        assert list(left) == [0, 0]
        assert sorted(Order.objects.values_list("number", flat=True)) == [1, 2]


def _answer(scene: Scene) -> None:
    """Forget missed orders, so that the next round meets an open shop."""
    scene.merchant.refresh_from_db()
    scene.merchant.resume()
    scene.merchant.save()
