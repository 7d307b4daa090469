"""What each step of an order costs the database, so that no step grows unnoticed."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.builders import Scene, make_scene


BOUNDS = {
    "place": 21,
    "accept": 24,  # one asks how the zone wants its search
    "start": 11,
    "ready": 16,
    "assign": 17,
    "pick_up": 15,
    "deliver": 24,
}
"""Statements from BEGIN to COMMIT, with all that a step causes: notices, deadlines, streams."""


def count_statements(step: Callable[[], object]) -> int:
    """Count what the step says to the database inside its transaction."""
    with CaptureQueriesContext(connection) as said:
        step()
    words = [each["sql"].split()[0] for each in said]
    return words.index("COMMIT") - words.index("BEGIN") + 1


def walk(scene: Scene) -> dict[str, int]:
    """Bring a delivery from placed to completed and count each step."""
    return {
        "place": count_statements(scene.place),
        "accept": count_statements(lambda: scene.act("accept", "staff")),
        "start": count_statements(lambda: scene.act("start", "staff")),
        "ready": count_statements(lambda: scene.act("ready", "staff")),
        "assign": count_statements(scene.assign),
        "pick_up": count_statements(
            lambda: scene.act("leg.pick_up", "courier", number=scene.order.number)
        ),
        "deliver": count_statements(
            lambda: scene.act(
                "leg.deliver",
                "courier",
                proof={"kind": "pin", "value": scene.order.handover_code},
            )
        ),
    }


@pytest.mark.django_db(transaction=True)
class TestStatements:
    def test_stay_few_at_every_step_of_a_delivery(self) -> None:
        counts = walk(make_scene())
        assert {step: count for step, count in counts.items() if count > BOUNDS[step]} == {}
