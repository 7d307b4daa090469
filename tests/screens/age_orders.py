"""Lets the orders that have ended have done so long ago."""

import os

import django


def age() -> None:
    """Move the end of each back by as long as one may still be watched."""
    from django.db.models import F  # noqa: PLC0415

    from core.orders.models import Order  # noqa: PLC0415
    from realtime.shares import AFTER_END  # noqa: PLC0415

    ended = Order.objects.filter(ended_at__isnull=False)
    ended.update(ended_at=F("ended_at") - AFTER_END)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    age()
