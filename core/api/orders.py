"""Orders as their people read them, and their timelines."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any
from uuid import UUID

from ninja import Path, Query, Router
from pydantic import Field

from core.api.moments import ApiRequest
from core.api.pages import Page, newest_page
from core.events.queries import get_actors, get_timeline
from core.orders.access import access_order
from core.orders.conflicts import get_view
from core.orders.models import Order
from core.orders.pictures import get_pictures
from core.orders.views import order_view


router = Router(tags=["orders"])

OrderId = Annotated[UUID, Path(...)]


class OwnOrders(Page):
    """Which of your orders."""

    live: bool = Field(default=False, description="Leave out what has ended.")


@router.get("/orders", operation_id="my_orders", summary="Your own orders, newest first.")
def my_orders(request: ApiRequest, wanted: Annotated[OwnOrders, Query(...)]) -> dict[str, Any]:
    """Return the orders you placed as a customer."""
    rows = Order.objects.filter(customer=request.auth)
    if wanted.live:
        rows = rows.filter(ended_at__isnull=True)
    return newest_page(rows, wanted, views_for("customer"))


@router.get("/orders/{uuid:order_id}", operation_id="order", summary="One order.")
def order(request: ApiRequest, order_id: OrderId) -> dict[str, Any]:
    """Return the order as your role sees it."""
    found, role = access_order(request.auth, order_id)
    return get_view(found.pk, role)


@router.get("/orders/{uuid:order_id}/timeline", operation_id="timeline", summary="What happened.")
def timeline(request: ApiRequest, order_id: OrderId) -> dict[str, Any]:
    """Return the facts about the order, oldest first; operators see who and why as well."""
    _, role = access_order(request.auth, order_id)
    facts = get_timeline(f"order:{order_id}")
    if role != "operator":
        return {"items": [*_without_people(facts)]}
    return {"items": facts, "people": get_actors(facts)}


def _without_people(facts: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Keep what happened to order and leg; who else was asked or told is not for its parties."""
    for fact in facts:
        kind = fact["subject"].partition(":")[0]
        if kind in {"order", "leg"}:
            data = fact["data"] if kind == "order" else {}
            yield {**fact, "actor": {"type": fact["actor"]["type"]}, "data": data}


def views_for(audience: str) -> Callable[[Sequence[Order]], list[dict[str, Any]]]:
    """Return a function that draws orders for `audience`, three statements a page."""

    def draw(orders: Sequence[Order]) -> list[dict[str, Any]]:
        pictures = get_pictures([order.pk for order in orders])
        return [order_view(picture, audience) for picture in pictures.values()]

    return draw
