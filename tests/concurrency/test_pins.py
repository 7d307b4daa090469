"""An operator pins a leg at the very moment somebody else decides about it."""

from functools import partial

import pytest

from core.legs.models import DeliveryLeg
from core.orders.models import Order
from core.people.models import Person
from dispatch.models import CourierSearch
from tests.concurrency.test_offers import accept, asked, check_load, code, leave
from tests.concurrency.threads import together
from tests.dispatch import scene
from tests.dispatch.scene import START


pytestmark = pytest.mark.django_db(transaction=True)
ATTEMPTS = range(4)


def pin(leg: DeliveryLeg, courier: Person) -> object:
    operator = scene.person(is_operator=True)
    return scene.act("leg.pin", operator, now=START, leg_id=leg.pk, courier_id=str(courier.pk))


class TestPin:
    @pytest.mark.parametrize("attempt", ATTEMPTS)
    def test_against_another_couriers_acceptance(self, attempt: int) -> None:
        offer, wanted = asked(), scene.courier(900)
        answers = together([partial(accept, offer), partial(pin, offer.leg, wanted)])
        scene.run(START)
        leg = DeliveryLeg.objects.get()
        if code(answers[0]) == "done":
            assert (code(answers[1]), leg.courier) == ("leg_not_assignable", offer.courier)
        else:
            assert [code(each) for each in answers] == ["offer_ended", "done"]
            assert [each.courier for each in scene.open_offers()] == [wanted]
        check_load()

    @pytest.mark.parametrize("attempt", ATTEMPTS)
    def test_against_the_couriers_leaving(self, attempt: int) -> None:
        offer, wanted = asked(), scene.courier(5000)
        answers = together([partial(leave, wanted), partial(pin, offer.leg, wanted)])
        scene.run(START)
        assert code(answers[0]) == "done"
        assert code(answers[1]) in {"done", "courier_offline"}
        assert CourierSearch.objects.get().pinned_to is None
        assert Order.objects.get().is_flagged == (code(answers[1]) == "done")
        assert [each.courier for each in scene.open_offers()] == [offer.courier]
        check_load()

    @pytest.mark.parametrize("attempt", ATTEMPTS)
    def test_against_a_pin_to_another(self, attempt: int) -> None:
        offer, *wanted = asked(), scene.courier(900), scene.courier(1200)
        answers = together([partial(pin, offer.leg, each) for each in wanted])
        scene.run(START)
        assert [code(each) for each in answers] == ["done", "done"]
        last = CourierSearch.objects.get().pinned_to
        assert last in wanted
        assert [each.courier for each in scene.open_offers()] == [last]
        check_load()
