"""Codes that only the customer knows cannot be found by trying."""

from collections.abc import Callable

import pytest

from core.errors import PaidanError
from core.legs.proving import WrongPin
from core.orders.guessing import TooManyAttempts
from core.orders.handover import WrongCode
from tests.builders import Scene


Guess = Callable[[str], object]


def at_counter(scene: Scene) -> Guess:
    scene.bring_to("ready", fulfilment="pickup")
    return lambda code: scene.act("hand_over", "staff", code=code)


def at_door(scene: Scene) -> Guess:
    scene.bring_to("handed_over")
    return lambda pin: scene.act("leg.deliver", "courier", proof={"kind": "pin", "value": pin})


@pytest.mark.parametrize(
    ("place", "wrong"), [(at_counter, WrongCode), (at_door, WrongPin)], ids=["counter", "door"]
)
class TestGuessing:
    def test_ends_after_five_wrong_codes(
        self, scene: Scene, place: Callable[[Scene], Guess], wrong: type[PaidanError]
    ) -> None:
        guess = place(scene)
        for _ in range(5):
            with pytest.raises(wrong):
                guess("wrong")
        with pytest.raises(TooManyAttempts) as refused:
            guess(scene.order.handover_code)
        problem = refused.value.problem()
        assert (problem["status"], problem["code"]) == (429, "too_many_attempts")

    def test_may_go_on_when_the_window_has_ended(
        self, scene: Scene, place: Callable[[Scene], Guess], wrong: type[PaidanError]
    ) -> None:
        guess = place(scene)
        for _ in range(5):
            with pytest.raises(wrong):
                guess("wrong")
        scene.wait(minutes=10)
        guess(scene.order.handover_code)
        assert scene.reload().state == "completed"

    def test_forgives_slips_that_are_far_apart(
        self, scene: Scene, place: Callable[[Scene], Guess], wrong: type[PaidanError]
    ) -> None:
        guess = place(scene)
        for _ in range(8):
            with pytest.raises(wrong):
                guess("wrong")
            scene.wait(minutes=4)
        guess(scene.order.handover_code)
        assert scene.reload().state == "completed"
