"""A shop and its items as its own people see them on the board."""

from typing import Any

from core.events.facts import Row
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
        "auto_accept": merchant.auto_accept,
        "open": True,
        "ended_at": None,
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
