"""Reading inboxes, the whole story of one notice, and how alerts fare on their way."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from core.api.pages import Cursor, Page
from core.errors import NotFound
from core.events.catalogue import CATALOGUE
from core.events.models import Event
from core.events.streams import receipt_of
from core.orders.models import Order
from core.people.models import Person
from notifications.models import Delivery, Notice, RecipientNotice
from notifications.policies import KINDS, Category
from notifications.views import notice_view


EVENTS_AT_ONCE: Final = 500
MOST_ATTENDED: Final = 100


def get_inbox(person: Person, page: Page, *, unread: bool) -> dict[str, Any]:
    """Return a page of the notices of `person`, the newest first."""
    rows = RecipientNotice.objects.select_related("notice").filter(person=person)
    # Campaigns are no part of what somebody must know.
    rows = rows.exclude(notice__category=Category.MARKETING)
    if unread:
        rows = rows.filter(closed_at__isnull=True)
    if page.after is not None:
        last = Cursor.decode(page.after)
        older = Q(notice__created_at__lt=last.at)
        rows = rows.filter(older | Q(notice__created_at=last.at, notice_id__lt=last.id))
    found = list(rows.order_by("-notice__created_at", "-notice_id")[: page.limit + 1])
    shown = found[: page.limit]
    return {
        "items": [{**notice_view(row), "version": row.version} for row in shown],
        "next": _cursor_of(shown[-1].notice) if len(found) > page.limit else None,
    }


def _cursor_of(notice: Notice) -> str:
    return Cursor(notice.created_at, notice.pk).encode()


def get_undelivered(person_ids: Collection[UUID]) -> dict[tuple[UUID, str], set[str]]:
    """Receipts of critical events that no device confirmed, by person and topic."""
    rows = RecipientNotice.objects.filter(
        person__in=person_ids, closed_at__isnull=True, delivered_at__isnull=True
    ).values_list("person_id", "notice__topic", "notice__event_id")
    waiting = list(rows)
    critical = _get_critical({event_id for _, _, event_id in waiting})
    found: dict[tuple[UUID, str], set[str]] = {}
    for person_id, topic, event_id in waiting:
        if topic.partition(":")[0] in critical.get(event_id, ()):
            found.setdefault((person_id, topic), set()).add(receipt_of(event_id))
    return found


def _get_critical(event_ids: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """Kinds of topics for which each of these facts is critical, of those that are for any."""
    types = [name for name, kind in CATALOGUE.items() if kind.critical_for]
    ids, found = list(event_ids), {}
    for start in range(0, len(ids), EVENTS_AT_ONCE):
        events = Event.objects.filter(pk__in=ids[start : start + EVENTS_AT_ONCE], type__in=types)
        for event_id, name in events.values_list("pk", "type"):
            found[event_id] = CATALOGUE[name].critical_for
    return found


def access_notice(person: Person, notice_id: UUID) -> Notice:
    """Return the notice for an operator or one of its recipients.

    :raises NotFound: it does not exist or is not theirs.
    """
    notices = Notice.objects.filter(pk=notice_id)
    if not person.is_operator:
        notices = notices.filter(recipients__person=person)
    notice = notices.first()
    if notice is None:
        raise NotFound
    return notice


def get_attended(orders: QuerySet[Order]) -> dict[str, str]:
    """Id of each order whose alarm an operator has acknowledged, and who did last."""
    ids = list(orders.order_by("created_at").values_list("pk", flat=True)[:MOST_ATTENDED])
    acted = Notice.objects.filter(
        order_id__in=ids,
        category=Category.OPERATIONS,
        acted_at__isnull=False,
        closed_at__isnull=True,
    )
    last = dict(acted.order_by("acted_at").values_list("order_id", "acted_by"))
    people = {person_id for person_id in last.values() if person_id is not None}
    names = dict(Person.objects.filter(pk__in=people).values_list("pk", "name"))
    return {str(order_id): names[by] for order_id, by in last.items() if by in names}


def get_funnel(*, since: datetime) -> dict[str, Any]:
    """How far notices made after `since` came, per template, and how their messages fared."""
    notices = Notice.objects.filter(created_at__gte=since).values("template")
    stages = notices.annotate(
        made=Count("pk"),
        delivered=Count("delivered_at"),
        seen=Count("seen_at"),
        acted=Count("acted_at"),
        closed=Count("closed_at"),
    ).order_by("template")
    messages = (
        Delivery.objects.filter(notice__created_at__gte=since)
        .values("channel", "step", "state")
        .annotate(count=Count("pk"), last_due_at=Max("due_at"))
        .order_by("channel", "step", "state")
    )
    return {
        "notices": [
            {**each, "needs_act": KINDS[each["template"]].policy.needs_act} for each in stages
        ],
        "deliveries": list(messages),
    }
