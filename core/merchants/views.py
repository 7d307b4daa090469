"""A shop and its items as its own people see them on the board."""

from datetime import datetime
from typing import Any

from core.events.facts import Row
from core.merchants.availability import get_availability
from core.merchants.models import MenuItem, Merchant
from core.orders.moments import iso


def merchant_view(merchant: Merchant) -> dict[str, Any]:
    """The shop's switches; whether its hours allow an order is a matter of the moment."""
    return {
        "id": str(merchant.pk),
        "name": merchant.name,
        "is_open": merchant.is_open,
        "paused_until": iso(merchant.paused_until),
        "pause_reason": merchant.pause_reason,
        "pause_cause": merchant.pause_cause,
        "busy_minutes": merchant.busy_minutes,
        "busy_until": iso(merchant.busy_until),
        "needs_board": merchant.needs_board,
        "auto_accept": merchant.auto_accept,
        "open": True,
        "ended_at": None,
    }


def get_standing(merchant: Merchant, now: datetime) -> dict[str, Any]:
    """Whether the public may order at `now`, why not, when again, and how long it takes."""
    found = get_availability(merchant, now)
    return {
        "is_taking_orders": found.is_taking,
        "why": found.why,
        "again_at": iso(found.again_at),
        "preparation_minutes": merchant.preparation_minutes_at(now),
        "busy_minutes": merchant.busy_minutes_at(now),
        "busy_until": iso(merchant.busy_until),
    }


def item_view(item: MenuItem) -> dict[str, Any]:
    """One item of the menu; its stock moves with every order, so it is read, not told."""
    return {
        "id": str(item.pk),
        "name": item.name,
        "price_minor": item.price_minor,
        "is_sold_out": item.is_sold_out,
        "is_limited": item.stock is not None,
        "open": True,
        "ended_at": None,
    }


def merchant_row(merchant: Merchant) -> Row:
    """The shop on its own topic."""
    return Row(
        topic=f"merchant:{merchant.pk}",
        key=f"merchant:{merchant.pk}",
        version=merchant.version,
        view=merchant_view(merchant),
    )


def item_row(item: MenuItem) -> Row:
    """An item on its shop's topic."""
    return Row(
        topic=f"merchant:{item.merchant_id}",
        key=f"item:{item.pk}",
        version=item.version,
        view=item_view(item),
    )
