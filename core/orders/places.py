"""Where an order is made and where it goes."""

from typing import Any

from core.orders.models import Order


def merchant_view(order: Order) -> dict[str, Any]:
    """Where the order is made."""
    merchant = order.merchant
    return {
        "id": str(merchant.pk),
        "name": merchant.name,
        "latitude": merchant.latitude,
        "longitude": merchant.longitude,
        "address": merchant.address,
        "phone": merchant.phone,
    }


def dropoff_view(order: Order) -> dict[str, Any] | None:
    """Where the order goes; nothing when it is picked up."""
    if order.dropoff_latitude is None:
        return None
    return {
        "address": order.dropoff_address,
        "latitude": order.dropoff_latitude,
        "longitude": order.dropoff_longitude,
    }
