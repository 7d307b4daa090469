"""How far campaigns came: planned, sent, seen, and who ended them because of it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max

from notifications.marketing.models import ConsentRecord
from notifications.models import Delivery, Notice
from notifications.states import DeliveryState


TAKEN = (DeliveryState.SENT, DeliveryState.CONFIRMED)


def get_audience_count(scope: str) -> int:
    """How many people agree to campaigns of the scope now."""
    records = ConsentRecord.objects.filter(scope=scope)
    newest = records.values("person_id").annotate(newest=Max("pk")).values("newest")
    agreed = ConsentRecord.objects.filter(pk__in=newest, is_given=True, person__is_active=True)
    return agreed.count()


def get_progress(campaign_ids: Collection[UUID], scope: str) -> dict[UUID, dict[str, Any]]:
    """Return what became of each campaign that was begun.

    `messages` says how many stand in which state; `sent_count` is what push services took.
    `unsubscribed_count` are people who ended the scope's campaigns after they were told of it.
    """
    found: dict[UUID, dict[str, Any]] = {}
    for campaign_id, state, count in _states(campaign_ids):
        entry = found.setdefault(campaign_id, _nothing())
        entry["messages"][state] = count
        entry["planned_count"] += count
        entry["sent_count"] += count if state in TAKEN else 0
    for campaign_id, delivered, seen in _seen(campaign_ids):
        found.setdefault(campaign_id, _nothing()).update(
            delivered_count=delivered, opened_count=seen
        )
    for campaign_id, count in _ended(campaign_ids, scope):
        found.setdefault(campaign_id, _nothing())["unsubscribed_count"] = count
    return found


def _nothing() -> dict[str, Any]:
    counts = ("planned", "sent", "delivered", "opened", "unsubscribed")
    return {"messages": {}, **{f"{name}_count": 0 for name in counts}}


def progress_of(found: dict[UUID, dict[str, Any]], campaign_id: UUID) -> dict[str, Any]:
    """Return the campaign's part of `get_progress`; nothing was done of one that is missing."""
    return found.get(campaign_id, _nothing())


def _states(campaign_ids: Collection[UUID]) -> Any:
    rows = Delivery.objects.filter(notice__event_id__in=list(campaign_ids))
    counted = rows.values_list("notice__event_id", "state").annotate(count=Count("pk"))
    return counted.order_by()


def _seen(campaign_ids: Collection[UUID]) -> Any:
    rows = Notice.objects.filter(event_id__in=list(campaign_ids)).values_list("event_id")
    return rows.annotate(delivered=Count("delivered_at"), seen=Count("seen_at")).order_by()


def _ended(campaign_ids: Collection[UUID], scope: str) -> Any:
    told = "person__notices__notice"
    ended = ConsentRecord.objects.filter(
        scope=scope,
        is_given=False,
        **{f"{told}__event_id__in": list(campaign_ids)},
        at__gte=F(f"{told}__created_at"),
    )
    counted = ended.values_list(f"{told}__event_id").annotate(count=Count("person", distinct=True))
    return counted.order_by()
