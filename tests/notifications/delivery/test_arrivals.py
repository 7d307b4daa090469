"""How fast alerts reach a screen, and whether any was lost or sent twice."""

import pytest

from core.events import catalogue as events
from notifications.arrivals import LOST_AFTER, get_arrivals
from notifications.models import Attempt, Notice
from notifications.receipts import act_on_notice, mark_delivered
from tests.notifications.delivery.town import (
    NOON,
    about,
    notice_of,
    order,
    receipt,
    seconds,
    shop,
    staff,
    state,
)


pytestmark = pytest.mark.django_db


class TestArrivals:
    def test_are_measured_from_commit_to_the_first_screen(self) -> None:
        for took in (1, 2, 30):
            merchant = shop()
            state(events.ORDER_PLACED, about(order(merchant)))
            made = Notice.objects.get(topic=f"merchant:{merchant.pk}")
            mark_delivered(
                person=staff(merchant), receipts=[receipt(made)], now=NOON + seconds(took)
            )
        found = get_arrivals(since=NOON, now=NOON + seconds(60))
        assert (found["count"], found["p50_seconds"], found["p95_seconds"]) == (3, 2.0, 30.0)
        assert (found["lost_count"], found["duplicate_count"]) == (0, 0)

    def test_are_none_before_anything_was_told(self) -> None:
        found = get_arrivals(since=NOON, now=NOON)
        assert (found["count"], found["p50_seconds"], found["p95_seconds"]) == (0, None, None)

    def test_count_as_lost_what_no_device_has_and_nobody_ended(self) -> None:
        merchant = shop()
        state(events.ORDER_PLACED, about(order(merchant)))
        late = NOON + LOST_AFTER + seconds(1)
        assert get_arrivals(since=NOON, now=NOON + seconds(1))["lost_count"] == 0
        assert get_arrivals(since=NOON, now=late)["lost_count"] == 1
        act_on_notice(person=staff(merchant), notice_id=notice_of("new_order").pk, now=NOON)
        assert get_arrivals(since=NOON, now=late)["lost_count"] == 0

    def test_count_what_a_device_was_sent_twice_by_itself(self) -> None:
        state(events.ORDER_PLACED, about(order(shop())))
        push = notice_of("new_order").deliveries.filter(channel="push")[0]
        for number in (1, 2):
            assert get_arrivals(since=NOON, now=NOON)["duplicate_count"] == 0
            Attempt.objects.create(
                delivery=push,
                number=number,
                subscription_id=7,
                started_at=NOON,
                finished_at=NOON,
                outcome="sent",
            )
        assert get_arrivals(since=NOON, now=NOON)["duplicate_count"] == 1
        # An operator's doing is no accident.
        type(push).objects.filter(pk=push.pk).update(replay_count=1)
        assert get_arrivals(since=NOON, now=NOON)["duplicate_count"] == 0
