"""Only the push service itself takes a device from us, and only by saying that it is gone."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from core.clock import clock
from core.events import catalogue as events
from core.people.models import Person
from notifications.claims import ALL_CHANNELS
from notifications.models import Delivery, PushSubscription
from notifications.sender import send_all_due
from tests.notifications.delivery.town import about, order, person, register, shop, state
from tests.notifications.delivery.world import Outside, until


pytestmark = pytest.mark.django_db(transaction=True)

DEVICES = 12
STORMS = 4
TRIES = 2
TROUBLES = ("500", "503", "429", "reset", "accept_then_reset", "413")
GONE = "410"


@pytest.fixture
def subscribed(outside: Outside) -> Mapping[str, Person]:
    """People by the path that their device is pushed to."""
    found = {}
    for _ in range(DEVICES):
        who, device = person("Wang"), outside.device()
        register(who, device)
        found[f"/push/{device['device_id']}"] = who
    return found


def tell(people: Sequence[Person]) -> None:
    """Tell everybody something."""
    now = clock().now()
    merchant = shop(clerks=0)
    for who in people:
        made = order(merchant, customer=who, state="accepted", accepted_at=now, now=now)
        state(events.ORDER_ACCEPTED, about(made), now=now)


def send() -> None:
    """Send what is due, and what was put off as well."""
    past = clock().now() - timedelta(seconds=1)
    Delivery.objects.filter(state__in=["pending", "retrying"]).update(due_at=past)
    send_all_due(ALL_CHANNELS)


def is_everything_sent() -> bool:
    """Send once more; say whether everybody has heard of everything, or is gone."""
    send()
    return not Delivery.objects.filter(state__in=["pending", "retrying"]).exists()


def faults_of(outside: Outside) -> Counter[tuple[str, str]]:
    """Which paths met which faults."""
    entries: list[dict[str, Any]] = outside.ledger("push")
    return Counter((str(each.get("path")), str(each.get("fault"))) for each in entries)


class TestStorms:
    def test_of_errors_and_resets_take_no_live_device(
        self, outside: Outside, subscribed: Mapping[str, Person]
    ) -> None:
        dice = random.Random(5)
        for _ in range(STORMS):
            for _ in range(DEVICES):
                outside.fault("push", dice.choice(TROUBLES), retry_after="0")
            tell(list(subscribed.values()))
            for _ in range(TRIES):
                send()
        outside.clear_faults()
        outside.fault("push", GONE)
        tell(list(subscribed.values()))
        until(is_everything_sent)
        met = faults_of(outside)
        gone = {path for path, fault in met if fault == GONE}
        lost = set(PushSubscription.objects.exclude(gone_at=None).values_list("person", flat=True))
        assert len(gone) == 1
        assert lost == {subscribed[path].pk for path in gone}
        assert {"500", "503", "reset"} & {fault for _, fault in met}

    def test_leave_devices_that_hear_of_what_comes_later(
        self, outside: Outside, subscribed: Mapping[str, Person]
    ) -> None:
        outside.fault("push", "500", count=DEVICES // 2)
        outside.fault("push", "reset", count=DEVICES // 2)
        tell(list(subscribed.values()))
        for _ in range(TRIES):
            send()
        outside.clear_faults()
        tell(list(subscribed.values()))
        until(is_everything_sent)
        assert PushSubscription.objects.filter(gone_at=None).count() == DEVICES
        assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
