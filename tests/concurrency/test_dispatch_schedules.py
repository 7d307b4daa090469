"""Random schedules of people and processes that act at the very same moment.

Each step of a schedule is a few actions on threads of their own, let go together after pauses
drawn by chance; after every step each rule of the database is kept, and in the end every order
comes to its end by itself.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.concurrency.city import City, Crew


AT_ONCE = 4
MOST_PAUSE_SECONDS = 0.004
PAUSE_STEP_SECONDS = 0.001

Action = Callable[[City, int], object]

ACTIONS: Final[dict[str, Action]] = {
    "accept": City.accept,
    "decline": City.decline,
    "on line": City.online,
    "off line": City.offline,
    "fire": City.fire,
    "fire too": City.fire,
    "plan": City.plan,
    "assign": lambda city, number: city.choose("leg.assign", number),
    "exclude": lambda city, number: city.choose("leg.exclude", number),
    "pin": lambda city, number: city.choose("leg.pin", number),
    "unpin": lambda city, number: city.operate("leg.unpin", number),
    "hold": lambda city, number: city.operate("order.hold", number, reason="address"),
    "release": lambda city, number: city.operate("order.release", number),
    "stop": lambda city, number: city.operate("order.stop", number, reason="fraud"),
    "cancel": City.cancel,
    "ready": lambda city, number: city.serve("order.ready", number),
    "delay": lambda city, number: city.serve("order.delay", number, minutes=5),
    "convert": lambda city, number: city.operate("order.convert_to_pickup", number),
    "self": lambda city, number: city.serve("leg.self_deliver", number),
    "give back": City.give_back,
    "pick up": City.pick_up,
}
USUAL: Final = ("accept", "accept", "fire", "fire too", "plan", "assign", "off line", "cancel")
"""What races most, in life and here."""

action = st.tuples(
    st.sampled_from([*ACTIONS, *USUAL]),
    st.integers(0, 5),
    st.sampled_from([0.0, 0.0, PAUSE_STEP_SECONDS, MOST_PAUSE_SECONDS]),
)
step = st.tuples(st.integers(0, 40), st.lists(action, min_size=2, max_size=AT_ONCE))
together = settings(
    max_examples=5,
    deadline=None,
    # What threads did cannot be repeated, so nothing is gained by looking for a smaller example.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def crew(transactional_db: None) -> Iterator[Crew]:
    """Return threads that keep their connections."""
    with Crew(AT_ONCE) as threads:
        yield threads


def late(city: City, name: str, number: int, pause_seconds: float) -> object:
    """Act after a pause, which is a part of the schedule."""
    time.sleep(pause_seconds)
    return ACTIONS[name](city, number)


class TestAtOnce:
    @pytest.mark.parametrize("matching", ["greedy", "optimise"])
    @together
    @given(st.lists(step, min_size=2, max_size=5))
    def test_they_leave_nothing_behind(
        self, crew: Crew, matching: str, steps: list[tuple[int, list[tuple[str, int, float]]]]
    ) -> None:
        city = City(orders=2, couriers=3, optimise=matching == "optimise")
        city.own()
        for seconds, actions in steps:
            city.wait(seconds=seconds)
            crew.race([partial(late, city, *each) for each in actions])
            city.check()
        city.end()
