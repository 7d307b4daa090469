"""A storm of 429 over several origins with two sender processes: the providers' logs judge."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.clock import clock
from core.events import catalogue as events
from notifications.circuits.models import PushCircuit
from notifications.models import Delivery
from tests.notifications.delivery.town import about, order, person, register, shop, state
from tests.notifications.delivery.world import (
    Outside,
    database_environment,
    process,
    running_outside,
    until,
)


pytestmark = pytest.mark.django_db(transaction=True)

ASKED_SECONDS = 6
PUSHES = 20
"""Of each origin, before and after the storm began."""
SENDER = ["manage.py", "sender"]


@pytest.fixture
def others() -> Iterator[list[Outside]]:
    with ExitStack() as stack:
        yield [stack.enter_context(running_outside()) for _ in range(2)]


def load(origins: list[Outside], count: int) -> list[Any]:
    """Make `count` pushes to each origin that are due now; return their rows' ids."""
    now, merchant, made = clock().now(), shop(clerks=0), []
    for outside in origins:
        for _ in range(count):
            customer = person("Wang")
            register(customer, outside.device())
            placed = order(merchant, customer=customer, state="accepted", accepted_at=now, now=now)
            state(events.ORDER_ACCEPTED, about(placed), now=now)
            made.append(Delivery.objects.get(notice__order_id=placed.pk).pk)
    return made


def moments(outside: Outside) -> list[tuple[float, str]]:
    """When each push reached the service, and which device it was for; oldest first."""
    return sorted(
        (
            datetime.fromisoformat(entry["at"]).timestamp(),
            entry.get("device") or entry["path"].rsplit("/", 1)[1],
        )
        for entry in outside.ledger("push")
    )


def shown(outside: Outside) -> int:
    return sum(1 for entry in outside.ledger("push") if entry.get("status") == 201)


class TestStorm:
    def test_asks_no_origin_before_its_time_while_others_go_on(
        self, outside: Outside, others: list[Outside], tmp_path: Path
    ) -> None:
        stormy, calm = outside, others
        environment = outside.environment | database_environment(tmp_path) | {"REDIS_URL": ""}
        stormy.fault("push", "429", count=1000, retry_after=str(ASKED_SECONDS))
        with process(SENDER, environment), process(SENDER, environment):
            rows = load([stormy, *calm], PUSHES)
            until(PushCircuit.objects.exists)
            stormy.clear_faults()  # what came too early now would be taken, and seen in the log
            rows += load([stormy, *calm], PUSHES)
            until(lambda: not Delivery.objects.filter(pk__in=rows).exclude(state="sent").exists())
        assert [shown(each) for each in (stormy, *calm)] == [2 * PUSHES] * 3
        assert not PushCircuit.objects.exists()
        self.judge(stormy, calm)

    def judge(self, stormy: Outside, calm: list[Outside]) -> None:
        told = [entry for entry in stormy.ledger("push") if entry.get("fault") == "429"]
        assert told
        log = moments(stormy)
        began_at = log[0][0]
        early = [device for at, device in log if at < began_at + ASKED_SECONDS]
        # Only pushes that were already claimed when the first answer came, each device once.
        assert len(early) <= PUSHES
        assert set(Counter(early).values()) == {1}
        assert all(len(moments(each)) == 2 * PUSHES for each in calm)
