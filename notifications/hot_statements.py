"""The statements of the sender's hot path, compiled once: what every claim and every flush says.

They say what their querysets say; the law stays in `states.py`, by way of `movable`.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import F, Subquery

from core.changes import insert_values
from core.identifiers import new_id
from core.prepared import Prepared
from core.prepared_sets import PreparedSet, PreparedSetChange
from notifications.escalation import Channel, Condition
from notifications.lanes import Lane
from notifications.models import Attempt, Delivery, Notice, PushSubscription, RecipientNotice
from notifications.states import WAITING, DeliveryState, DeliveryTrigger, target_of


_notices: Final = PreparedSet(
    lambda ids: Notice.objects.filter(pk__in=ids).select_for_update(skip_locked=True), UUID
)
_recipients: Final = PreparedSet(
    lambda ids: RecipientNotice.objects.filter(pk__in=ids).select_related("person"), int
)
_live: Final = PreparedSet(
    lambda ids: PushSubscription.objects.filter(person__in=ids, gone_at__isnull=True).order_by(
        "pk"
    ),
    UUID,
)
_lease: Final = PreparedSetChange(
    lambda ids: Delivery.objects.filter(pk__in=ids).movable(DeliveryTrigger.CLAIM),
    UUID,
    datetime,
    str,
    changes=lambda lease_until, provider: {
        "state": target_of(DeliveryTrigger.CLAIM),
        "lease_until": lease_until,
        "attempts": F("attempts") + 1,
        "provider": provider,
    },
)
# Locked by key in this order, so that two flushes of the same rows cannot wait for one another.
_locked: Final = PreparedSet(
    lambda ids: (
        Delivery.objects.select_for_update()
        .filter(pk__in=ids)
        .order_by("pk")
        .values_list("pk", "attempts", "notice_id", "step")
    ),
    UUID,
)


UNTRIED: Final = (None, 0, 0, 0, "", "", "", None)
"""The columns of a delivery from `lease_until` on, before anybody has tried."""


class Head(NamedTuple):
    """The row of one channel and state that has been due the longest, or will be first."""

    due_at: datetime
    channel: Channel
    state: DeliveryState


class Locked(NamedTuple):
    """What is known of a delivery whose row is locked."""

    pk: UUID
    attempts: int
    notice_id: UUID
    step: int


class Planned(NamedTuple):
    """A message before it is written: what tells it from others."""

    notice_id: UUID
    recipient_id: int | None
    channel: Channel
    step: int
    condition: Condition
    due_at: datetime
    expires_at: datetime
    lane: Lane = Lane.SERVICE
    is_loud: bool = False
    state: DeliveryState = DeliveryState.PENDING


@cache
def _heads(channels: tuple[Channel, ...], lane: Lane) -> Prepared[tuple[datetime | None, ...]]:
    each = [
        Subquery(Delivery.objects.waiting(channel, state, lane=lane).values("due_at")[:1])
        for channel, state in _pairs(channels)
    ]
    return Prepared(lambda: Delivery.objects.values_list(*each)[:1])


def get_heads(channels: Collection[Channel], *, lane: Lane) -> list[Head]:
    """Return the first row of every channel and state that has any, the first of all first.

    Each is one step into the index, however many rows wait.
    """
    chosen = tuple(channels)
    heads = (
        Head(due_at, channel, state)
        for row in _heads(chosen, lane)()
        for due_at, (channel, state) in zip(row, _pairs(chosen), strict=True)
        if due_at is not None
    )
    return sorted(heads)


def _pairs(channels: Iterable[Channel]) -> list[tuple[Channel, DeliveryState]]:
    return [(channel, state) for channel in channels for state in sorted(WAITING)]


@cache
def _due(channel: Channel, state: DeliveryState, lane: Lane, limit: int) -> Prepared[Delivery]:
    def build(now: datetime) -> Any:
        due = Delivery.objects.waiting(channel, state, lane=lane).filter(due_at__lte=now)
        return due.select_for_update(skip_locked=True)[:limit]

    return Prepared(build, datetime)


def lock_due(
    channels: Collection[Channel], *, lane: Lane, now: datetime, limit: int
) -> list[Delivery]:
    """Lock what is due past what others have locked, where somebody has waited the longest first.

    Each statement reads one channel and state in the order of the index and stops at the limit:
    asked for all at once, the database would lock and sort all that is due to choose from it.
    """
    rows: list[Delivery] = []
    for head in get_heads(channels, lane=lane):
        if head.due_at > now or len(rows) >= limit:
            break
        rows += _due(head.channel, head.state, lane, limit)(now)
    return rows[:limit]


def lock_notices(ids: Iterable[UUID]) -> dict[UUID, Notice]:
    """Lock notices and return them by key, without those that somebody is changing now."""
    return {row.pk: row for row in _notices(list(ids))}


def get_recipients(ids: Iterable[int]) -> dict[int, RecipientNotice]:
    """Return inbox rows by key, each with its person."""
    return {row.pk: row for row in _recipients(list(ids))}


def get_live_subscriptions(person_ids: Iterable[UUID]) -> list[PushSubscription]:
    """Return the devices of these people that nobody declared gone, the oldest first."""
    return _live(list(person_ids))


def lease(ids: Iterable[UUID], *, until: datetime, provider: str) -> None:
    """Give deliveries to this sender, and to `provider`, until then."""
    _lease(list(ids), until, provider)


def lock_leased(ids: Iterable[UUID]) -> dict[UUID, Locked]:
    """Lock deliveries, and return what tells whether their lease is still ours."""
    return {row[0]: Locked(*row) for row in _locked(list(ids))}


@cache
def _finishing(trigger: DeliveryTrigger) -> PreparedSetChange:
    return PreparedSetChange(
        lambda ids: Delivery.objects.filter(pk__in=ids).movable(trigger),
        UUID,
        str,
        str,
        changes=lambda code, provider_id: {
            "state": target_of(trigger),
            "code": code,
            "provider_id": provider_id,
            "lease_until": None,
            "ask_at": None,
        },
    )


def finish(
    trigger: DeliveryTrigger, ids: Iterable[UUID], *, code: str, provider_id: str = ""
) -> None:
    """Apply `trigger` to deliveries whose lease ends with it."""
    _finishing(trigger)(list(ids), code, provider_id)


def insert_attempts(rows: Iterable[tuple[Any, ...]]) -> None:
    """Write the audit of a batch: values in the order of the model's columns."""
    insert_values(Attempt, list(rows))


def insert_deliveries(planned: Iterable[Planned]) -> None:
    """Write deliveries that nobody has tried yet: values in the order of the model's columns."""
    insert_values(
        Delivery,
        [
            (
                new_id(),
                each.notice_id,
                each.recipient_id,
                each.lane,
                each.channel,
                each.step,
                each.condition,
                each.is_loud,
                each.state,
                each.due_at,
                each.expires_at,
                *UNTRIED,
            )
            for each in planned
        ],
    )
