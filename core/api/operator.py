"""What operators see: how the whole stands, and any order there is."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from ninja import Query, Router
from pydantic import Field

from core.api.moments import ApiRequest
from core.api.orders import views_for
from core.api.overview import get_overview, overview_part
from core.api.pages import Page, newest_page
from core.database import read_snapshot
from core.deadlines.models import Deadline
from core.errors import NotAllowed
from core.legs.ladder import Rung
from core.legs.models import DeliveryLeg
from core.orders.models import Order
from core.orders.policy import OUTCOMES
from core.orders.states import State
from core.payments.models import Refund
from core.payments.states import RefundState


router = Router(tags=["operator"])

SHOWN = 20
BREAKING = [kind for kind in OUTCOMES if kind not in {Rung.WIDEN, Rung.RAISE_PAY, Rung.ASK_ALL}]
"""Deadlines that decide about an order; a search that goes on more widely breaks nothing."""
SHORTEST_TEXT = 2


class Search(Page):
    """Which orders."""

    query: str = Field(
        default="",
        max_length=80,
        description="A number, an id, a phone, or part of a shop's or customer's name.",
    )
    state: State | None = None
    flagged: bool = Field(default=False, description="Only orders that ask for a person.")
    live: bool = Field(default=False, description="Leave out what has ended.")


@router.get("/operator/overview", operation_id="overview", summary="How the whole stands.")
def overview(request: ApiRequest) -> dict[str, Any]:
    """Return counts, what is flagged and what falls due next; for operators."""
    _only_operators(request)
    with read_snapshot():
        return {"at": request.moment, **get_overview(request.moment)}


@router.get("/operator/orders", operation_id="find_orders", summary="Any order, newest first.")
def find_orders(request: ApiRequest, wanted: Annotated[Search, Query(...)]) -> dict[str, Any]:
    """Find orders by number, id, phone or name; for operators."""
    _only_operators(request)
    rows = Order.objects.filter(_matching(wanted.query.strip()))
    if wanted.state is not None:
        rows = rows.filter(state=wanted.state)
    if wanted.flagged:
        rows = rows.filter(is_flagged=True)
    if wanted.live:
        rows = rows.filter(ended_at__isnull=True)
    return newest_page(rows, wanted, views_for("operator"))


@overview_part("orders")
def order_counts(now: datetime) -> dict[str, Any]:  # noqa: ARG001  a part of the overview
    """Live orders by state; ended ones are counted nowhere."""
    counted = _live().values_list("state").annotate(count=Count("pk"))
    by_state = {state.value: 0 for state in State} | dict(counted)
    live = sum(by_state.values())
    ended = {State.COMPLETED.value, State.CANCELLED.value}
    return {
        "live": live,
        "by_state": {name: count for name, count in by_state.items() if name not in ended},
    }


@overview_part("legs")
def leg_counts(now: datetime) -> dict[str, int]:  # noqa: ARG001  a part of the overview
    """Live delivery legs by state."""
    counted = DeliveryLeg.objects.filter(ended_at__isnull=True).values_list("state")
    return dict(counted.annotate(count=Count("pk")))


@overview_part("flagged")
def flagged_orders(now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001  a part of the overview
    """Orders that a person should look at, the oldest first."""
    rows = _live().filter(is_flagged=True).select_related("merchant").order_by("created_at")
    return [
        {
            "id": order.pk,
            "number": order.number,
            "state": order.state,
            "merchant": {"id": order.merchant_id, "name": order.merchant.name},
            "created_at": order.created_at,
        }
        for order in rows[:SHOWN]
    ]


@overview_part("deadlines")
def next_deadlines(now: datetime) -> dict[str, Any]:
    """What is about to be decided for want of an answer, and how much is late."""
    rows = Deadline.objects.filter(held_at__isnull=True)
    return {
        "late_count": rows.filter(due_at__lt=now).count(),
        "next": [
            {"kind": row.kind, "subject": row.subject, "due_at": row.due_at}
            for row in rows.filter(kind__in=BREAKING).order_by("due_at")[:SHOWN]
        ],
    }


@overview_part("refunds")
def refund_counts(now: datetime) -> dict[str, int]:  # noqa: ARG001  a part of the overview
    """Refunds under way, and those that the provider refused."""
    rows = Refund.objects.exclude(state=RefundState.SUCCEEDED).values_list("state")
    return dict(rows.annotate(count=Count("pk")))


def _live() -> QuerySet[Order]:
    return Order.objects.filter(ended_at__isnull=True)


def _only_operators(request: ApiRequest) -> None:
    if not request.auth.is_operator:
        raise NotAllowed


def _matching(text: str) -> Q:
    if not text:
        return Q()
    if text.isdigit() and len(text) < 10:  # noqa: PLR2004  more digits are a phone
        return Q(number=int(text))
    try:
        return Q(pk=UUID(text))
    except ValueError:
        pass
    found = Q(contact_phone=text) | Q(customer__phone=text)
    if len(text) >= SHORTEST_TEXT:
        found |= Q(merchant__name__icontains=text) | Q(customer__name__icontains=text)
    return found
