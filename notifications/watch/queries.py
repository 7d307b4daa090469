"""How deep each queue is: asked of the rows, by walking no more than an index."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from core.clock import clock
from core.prepared import Prepared
from notifications.lanes import Lane
from notifications.marketing.models import Campaign
from notifications.marketing.states import CampaignState
from notifications.models import Delivery
from notifications.queues import CHANNEL_QUEUES, MARKETING, QUEUES, WEBHOOKS, lane_of
from notifications.states import WAITING
from notifications.watch.models import QueueAlarm, ServedQueue
from notifications.watch.policy import Depth
from notifications.webhooks.models import WebhookDelivery
from notifications.webhooks.states import WAITING as HOOKS_WAITING


COUNT_LIMIT: Final = 1_000
"""Due rows of one queue and state that are counted: more are as bad."""

_oldest = Prepared(
    lambda lane, channel, state, now: (
        due_in(lane, channel, state, now).order_by("due_at").values_list("due_at", flat=True)[:1]
    ),
    str,
    str,
    str,
    datetime,
)
_oldest_hook = Prepared(
    lambda state, now: (
        hooks_due_in(state, now).order_by("due_at").values_list("due_at", flat=True)[:1]
    ),
    str,
    datetime,
)


def due_in(lane: str, channel: str, state: str, now: datetime) -> QuerySet[Delivery]:
    """Deliveries that wait in `state` for a sender, and whose time has come."""
    rows: QuerySet[Delivery] = Delivery.objects.filter(
        lane=lane, channel=channel, state=state, due_at__lte=now
    )
    return rows


def hooks_due_in(state: str, now: datetime) -> QuerySet[WebhookDelivery]:
    """Return the same of messages to programs of shops."""
    rows: QuerySet[WebhookDelivery] = WebhookDelivery.objects.filter(state=state, due_at__lte=now)
    return rows


class _Found:
    """What was found due in one queue."""

    def __init__(self) -> None:
        self.count = 0
        self.since: datetime | None = None

    def note(self, count: int, since: datetime) -> None:
        self.count += count
        self.since = since if self.since is None else min(self.since, since)


def get_depths(*, now: datetime, at: datetime) -> list[Depth]:
    """Every queue as it stands at `now`; `at` is the same moment by the database's clock."""
    servers = get_servers(at=at)
    found = {queue: _Found() for queue in QUEUES}
    _note_deliveries(found, now)
    _note_lapsed(found, now)
    _note_hooks(found[WEBHOOKS], now)
    if not servers.get(MARKETING):
        _note_campaigns(found[MARKETING], now)
    return [
        Depth(
            queue=queue,
            due_count=each.count,
            oldest_seconds=clock().real_seconds(now - each.since) if each.since else 0.0,
            server_count=servers.get(queue, 0),
        )
        for queue, each in found.items()
    ]


def get_servers(*, at: datetime) -> Mapping[str, int]:
    """How many senders take each queue at the database's time `at`."""
    live = ServedQueue.objects.filter(until__gt=at).values_list("queue")
    return dict(live.annotate(count=Count("pk")))


def get_alarms() -> Mapping[str, str]:
    """The cause of each alarm that stands, by queue."""
    return dict(QueueAlarm.objects.exclude(cause="").values_list("queue", "cause"))


def get_queues(*, now: datetime, at: datetime) -> list[dict[str, Any]]:
    """Return every queue as operators see it; times as of `get_depths`."""
    alarms = get_alarms()
    return [
        {
            "queue": depth.queue,
            "lane": lane_of(depth.queue),
            "due_count": depth.due_count,
            "oldest_seconds": round(depth.oldest_seconds, 1),
            "server_count": depth.server_count,
            "alarm": alarms.get(depth.queue, ""),
        }
        for depth in get_depths(now=now, at=at)
    ]


def _note_deliveries(found: Mapping[str, _Found], now: datetime) -> None:
    for name, channel in CHANNEL_QUEUES.items():
        for lane, queue in ((Lane.SERVICE, name), (Lane.MARKETING, MARKETING)):
            for state in WAITING:
                _note(
                    found[queue],
                    _oldest(lane.value, channel.value, state.value, now),
                    partial(due_in, lane, channel, state, now),
                )


def _note_hooks(found: _Found, now: datetime) -> None:
    for state in HOOKS_WAITING:
        _note(found, _oldest_hook(state.value, now), partial(hooks_due_in, state, now))


def _note(found: _Found, oldest: Iterable[datetime], rows: Any) -> None:
    for since in oldest:
        found.note(count(rows()), since)


def count(rows: QuerySet[Any]) -> int:
    """How many of `rows` there are, as far as `COUNT_LIMIT`."""
    # The time alone: the index has it.
    return rows.values("due_at")[:COUNT_LIMIT].count()


def _note_lapsed(found: Mapping[str, _Found], now: datetime) -> None:
    """Note what vanished senders had; as a rule another gives it back within a second."""
    lapsed = Delivery.objects.leased().filter(lease_until__lte=now)
    rows = lapsed.order_by("lease_until").values_list("lane", "channel", "lease_until")
    for lane, channel, since in rows[:COUNT_LIMIT]:
        queue = MARKETING if lane == Lane.MARKETING else channel
        if queue in found:
            found[queue].note(1, since or now)


def _note_campaigns(found: _Found, now: datetime) -> None:
    """Note campaigns that nobody plans: none of their messages is a row yet."""
    waiting = Q(planned_at__isnull=True, starts_at__lte=now)
    running = Campaign.objects.filter(waiting, state=CampaignState.RUNNING)
    for since in running.values_list("starts_at", flat=True)[:COUNT_LIMIT]:
        found.note(1, since)
