"""Finding notices: of an order, of a person, or one by its id; for operators."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, QuerySet

from core.orders.models import Order
from core.people.models import Person
from core.people.phones import e164
from notifications.models import Delivery, Notice
from notifications.templates import DEFAULT_LOCALE, words_for


LONGEST_NUMBER: Final = 9
"""Digits; more are a phone."""
MOST_ORDERS: Final = 20
"""A number names an order of each shop; of them, the newest."""


def find_notices(query: str, *, limit: int, locale: str = DEFAULT_LOCALE) -> list[dict[str, Any]]:
    """Return notices by an order's number or id, a phone or their own id, the newest first."""
    rows = list(_matching(query.strip().removeprefix("#")).order_by("-created_at", "-pk")[:limit])
    counts = _states([row.pk for row in rows])
    orders = Order.objects.filter(pk__in={row.order_id for row in rows if row.order_id})
    numbers = dict(orders.values_list("pk", "number"))
    return [_view(row, counts.get(row.pk, {}), numbers, locale) for row in rows]


def _matching(text: str) -> QuerySet[Notice]:
    if not text:
        return Notice.objects.none()
    if text.isdigit() and len(text) <= LONGEST_NUMBER:
        orders = Order.objects.filter(number=int(text)).order_by("-created_at")
        newest = list(orders.values_list("pk", flat=True)[:MOST_ORDERS])
        return Notice.objects.filter(order_id__in=newest)
    try:
        found = UUID(text)
    except ValueError:
        return _of_phone(text)
    own = Notice.objects.filter(pk=found)
    return own if own.exists() else Notice.objects.filter(order_id=found)


def _of_phone(text: str) -> QuerySet[Notice]:
    try:
        phone = e164(text)
    except ValueError:
        return Notice.objects.none()
    people = list(Person.objects.filter(phone=phone).values_list("pk", flat=True))
    return Notice.objects.filter(recipients__person__in=people)


def _states(ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    rows = Delivery.objects.filter(notice__in=list(ids)).values_list("notice_id", "state")
    found: dict[UUID, dict[str, int]] = {}
    for notice_id, state, count in rows.annotate(count=Count("pk")).order_by():
        found.setdefault(notice_id, {})[state] = count
    return found


def _view(
    row: Notice, states: Mapping[str, int], numbers: Mapping[UUID, int], locale: str
) -> dict[str, Any]:
    return {
        "id": row.pk,
        "template": row.template,
        "category": row.category,
        "title": words_for(row.template, locale, row.variables).title,
        "order_id": row.order_id,
        "order_number": numbers.get(row.order_id) if row.order_id else None,
        "created_at": row.created_at,
        "delivered_at": row.delivered_at,
        "seen_at": row.seen_at,
        "acted_at": row.acted_at,
        "closed_at": row.closed_at,
        "close_code": row.close_code,
        "messages": states,
    }
