"""Which rows a claim takes first, and how the database finds them in a long backlog."""

from datetime import datetime

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from core.clock import clock
from notifications import hot_statements as hot
from notifications.claims import ALL_CHANNELS, claim_due, get_next_due
from notifications.escalation import Channel
from notifications.lanes import Lane
from notifications.models import Delivery
from notifications.states import WAITING, DeliveryState
from tests.notifications.delivery.test_watch import push
from tests.notifications.delivery.town import seconds


pytestmark = pytest.mark.django_db(transaction=True)


def plan_of(rows: QuerySet[Delivery]) -> str:
    return " ".join(rows.explain().split())


def is_walked(rows: QuerySet[Delivery]) -> bool:
    """Whether the rows are found by the index, and come in its order without being sorted."""
    plan = plan_of(rows)
    sorting = "TEMP B-TREE" if connection.vendor == "sqlite" else "Using filesort"
    return "delivery_in_lane" in plan and sorting not in plan


def in_channel(channel: str, *, state: str, due_at: datetime) -> Delivery:
    row = push(at=due_at)
    Delivery.objects.filter(pk=row.pk).update(channel=channel, state=state)
    return row


class TestDue:
    @pytest.mark.parametrize("state", sorted(WAITING))
    def test_is_walked_and_not_sorted(self, state: DeliveryState) -> None:
        now = clock().now()
        push(at=now - seconds(5))
        rows = Delivery.objects.waiting(Channel.PUSH, state, lane=Lane.SERVICE)
        assert is_walked(rows.filter(due_at__lte=now)[:200])

    def test_begins_where_somebody_has_waited_the_longest(self) -> None:
        now = clock().now()
        late = in_channel("sms", state="retrying", due_at=now - seconds(90))
        pushes = [push(at=now - seconds(each)) for each in (80, 10)]
        Delivery.objects.exclude(pk__in=[late.pk, *(each.pk for each in pushes)]).delete()
        with transaction.atomic():
            found = hot.lock_due(ALL_CHANNELS, lane=Lane.SERVICE, now=now, limit=2)
        assert [row.pk for row in found] == [late.pk, pushes[0].pk]

    def test_leaves_alone_what_is_due_later(self) -> None:
        now = clock().now()
        later = push(at=now + seconds(60))
        Delivery.objects.exclude(pk=later.pk).delete()
        assert claim_due(ALL_CHANNELS, now=now) == ([], 0)
        assert get_next_due(ALL_CHANNELS) == later.due_at
        assert get_next_due([Channel.SMS]) is None


class TestLeased:
    def test_is_found_by_the_index_of_the_lanes(self) -> None:
        now = clock().now()
        push(at=now - seconds(5))
        assert "delivery_in_lane" in plan_of(
            Delivery.objects.leased().filter(lease_until__lte=now)
        )
