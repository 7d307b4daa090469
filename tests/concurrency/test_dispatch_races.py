"""Two decide about one leg at the same moment: whoever commits first wins, and nothing dangles."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import pytest

from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from dispatch.models import Offer
from dispatch.states import OfferState
from tests.concurrency.city import City, Crew, code


BOARD_MINUTES = 7
TAPPING = 50

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def pair() -> Iterator[Crew]:
    """Return two threads."""
    with Crew(2) as crew:
        yield crew


def asked(city: City) -> Offer:
    """Let one courier be asked."""
    city.settle()
    city.plan()
    (offer,) = city.open_offers()
    return offer


Rival = Callable[[City], object]

RIVALS: Final[dict[str, tuple[Rival, set[str]]]] = {
    "expiry": (lambda city: city.fire(), {"offer_expired"}),
    "cancel": (lambda city: city.cancel(0), {"offer_ended"}),
    "stop": (lambda city: city.operate("order.stop", 0, reason="fraud"), {"offer_ended"}),
    "reassign": (lambda city: city.choose("leg.assign", 1), {"offer_taken"}),
    "exclude": (lambda city: city.choose("leg.exclude", 0), {"offer_ended"}),
    "pin another": (lambda city: city.choose("leg.pin", 1), {"offer_ended"}),
    "hold": (lambda city: city.operate("order.hold", 0, reason="address"), {"offer_ended"}),
    "off line": (lambda city: city.offline(0), {"courier_offline"}),
    "delay": (lambda city: city.serve("order.delay", 0, minutes=5), set()),
    "convert": (lambda city: city.operate("order.convert_to_pickup", 0), {"offer_ended"}),
    "self-delivery": (lambda city: city.serve("leg.self_deliver", 0), {"offer_taken"}),
    "plan": (lambda city: city.plan(), set()),
    "decline": (lambda city: city.decline(0), {"offer_ended"}),
}
"""Who races with an accepting courier, and how that one may be refused."""


class TestAccept:
    @pytest.mark.parametrize("matching", ["greedy", "optimise"])
    @pytest.mark.parametrize("name", RIVALS)
    def test_against(self, pair: Crew, name: str, matching: str) -> None:
        rival, refusals = RIVALS[name]
        city = City(optimise=matching == "optimise")
        city.own()
        offer = asked(city)
        if name == "expiry":
            city.now = offer.expires_at
        accepted, _ = pair.race(
            [partial(city.answer, "offer.accept", offer), partial(rival, city)]
        )
        city.check()
        assert code(accepted) in {"done", *refusals}
        offer.refresh_from_db()
        assert (offer.state == OfferState.ACCEPTED) == (code(accepted) == "done")
        city.settle()
        city.check()
        city.end()


class TestOperatorAgainstPlan:
    """The zone's owner offers a leg while an operator decides about it."""

    @pytest.mark.parametrize("attempt", range(2))
    @pytest.mark.parametrize("name", ["leg.assign", "leg.pin", "leg.exclude"])
    def test_the_operator_has_the_last_word(self, pair: Crew, name: str, attempt: int) -> None:
        city = City(couriers=3, optimise=True)
        city.own()
        city.settle()
        chosen = city.courier(2)
        _, done = pair.race([city.plan, partial(city.choose, name, 2)])
        assert code(done) == "done"
        city.check()
        leg = city.leg(0)
        offered = {offer.courier_id for offer in city.open_offers()}
        match name:
            case "leg.assign":
                assert (leg.state, leg.courier_id) == (LegState.ASSIGNED, chosen.pk)
                assert offered == set()
            case "leg.pin":
                assert offered <= {chosen.pk}
            case _:
                assert chosen.pk not in offered
        city.end()

    def test_two_plans_at_once_ask_once(self, pair: Crew) -> None:
        city = City(optimise=True)
        city.own()
        city.settle()
        pair.race([city.plan, city.plan])
        city.check()
        assert len(city.open_offers()) == 1
        city.end()


class TestOpenBoard:
    def test_fifty_tap_and_one_wins_while_dispatchers_work(self) -> None:
        city = City(couriers=TAPPING)
        city.wait(minutes=BOARD_MINUTES)
        city.settle()
        offers = city.open_offers()
        assert len(offers) == TAPPING
        taps = [partial(city.answer, "offer.accept", each) for each in offers]
        with Crew(TAPPING + 2) as crowd:
            outcomes = crowd.race([*taps, city.fire, city.fire])[:TAPPING]
        assert sorted(map(code, outcomes)) == ["done"] + ["offer_taken"] * (TAPPING - 1)
        winner = offers[[code(each) for each in outcomes].index("done")].courier_id
        assert DeliveryLeg.objects.get().courier_id == winner
        city.check()
