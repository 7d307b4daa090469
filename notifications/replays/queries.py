"""Dead letters: what did not arrive, or perhaps did not, and will not go again by itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from core.api.pages import Cursor
from core.orders.models import Order
from notifications.conclusions import GONE, NO_SUBSCRIPTION
from notifications.escalation import Channel
from notifications.lanes import Lane
from notifications.models import Delivery, Notice
from notifications.replays.refusals import needs_confirmation, refusal_of
from notifications.states import REPLAYABLE, DeliveryState


SPAN: Final = timedelta(hours=24)
"""How far back is looked unless asked otherwise."""
SHOWN_GROUPS: Final = 50
WITHOUT_DEVICE: Final = (NO_SUBSCRIPTION, GONE)
"""Nobody was there to send to; that is no trouble of a channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which dead letters; an empty word asks for any."""

    state: DeliveryState | None = None
    channel: Channel | None = None
    template: str = ""
    code: str = ""
    since: datetime
    until: datetime | None = None
    with_deviceless: bool = True
    """With those whose person has no device."""


def dead_letters(wanted: Wanted) -> QuerySet[Delivery]:
    """Return the rows; each part of the index is named, so that the due time bounds the search."""
    rows: QuerySet[Delivery] = Delivery.objects.filter(
        lane__in=list(Lane),
        channel__in=[wanted.channel] if wanted.channel else list(Channel),
        state__in=[wanted.state] if wanted.state else list(REPLAYABLE),
        due_at__gte=wanted.since,
    )
    if wanted.until is not None:
        rows = rows.filter(due_at__lt=wanted.until)
    if wanted.template:
        rows = rows.filter(notice__template=wanted.template)
    if wanted.code:
        rows = rows.filter(code=wanted.code)
    if not wanted.with_deviceless:
        rows = rows.exclude(code__in=WITHOUT_DEVICE)
    return rows


def get_dead_letters(
    wanted: Wanted, *, after: str | None, limit: int, now: datetime
) -> dict[str, Any]:
    """Return a page of them, the newest first, and how many there are of each kind."""
    rows = dead_letters(wanted)
    groups = rows.values("channel", "state", "code", "notice__template").annotate(
        count=Count("pk")
    )
    found = rows.select_related("notice", "recipient__person")
    if after is not None:
        cursor = Cursor.decode(after)
        found = found.filter(Q(due_at__lt=cursor.at) | Q(due_at=cursor.at, pk__lt=cursor.id))
    shown = list(found.order_by("-due_at", "-pk")[: limit + 1])
    last = shown[limit - 1] if len(shown) > limit else None
    return {
        "items": list(_views(shown[:limit], now=now)),
        "next": Cursor(last.due_at, last.pk).encode() if last is not None else None,
        "groups": [
            {
                "channel": each["channel"],
                "state": each["state"],
                "code": each["code"],
                "template": each["notice__template"],
                "count": each["count"],
            }
            for each in groups.order_by("-count", "channel", "code")[:SHOWN_GROUPS]
        ],
    }


def _views(rows: list[Delivery], *, now: datetime) -> Iterator[dict[str, Any]]:
    orders = {row.notice.order_id for row in rows if row.notice.order_id is not None}
    numbers = dict(Order.objects.filter(pk__in=orders).values_list("pk", "number"))
    for row in rows:
        yield dead_letter_view(row, numbers, now=now)


def dead_letter_view(
    row: Delivery, numbers: Mapping[UUID, int], *, now: datetime
) -> dict[str, Any]:
    """One of them; `numbers` are those of the orders that notices are about."""
    notice: Notice = row.notice
    refusal = refusal_of(row, notice, now=now)
    person = row.recipient.person if row.recipient is not None else None
    return {
        "id": row.pk,
        "notice_id": notice.pk,
        "template": notice.template,
        "category": notice.category,
        "order_id": notice.order_id,
        "order_number": numbers.get(notice.order_id) if notice.order_id else None,
        "person": {"id": person.pk, "name": person.name} if person is not None else None,
        "channel": row.channel,
        "step": row.step,
        "state": row.state,
        "code": row.code,
        "provider": row.provider,
        "attempts": row.attempts,
        "replay_count": row.replay_count,
        "at": row.due_at,
        "expires_at": row.expires_at,
        "can_replay": refusal is None,
        "why_not": refusal.code if refusal is not None else "",
        "needs_confirmation": needs_confirmation(row),
    }
