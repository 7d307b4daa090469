"""Tells every courier on line to wait at the newest shop, as a zone's plan does."""

import os
from datetime import timedelta

import django


def give_hint() -> None:
    """Show the hint, and state it."""
    from core.clock import now  # noqa: PLC0415
    from core.events.catalogue import COURIER_HINTED  # noqa: PLC0415
    from core.events.facts import SYSTEM  # noqa: PLC0415
    from core.events.work import unit_of_work  # noqa: PLC0415
    from core.merchants.models import Merchant  # noqa: PLC0415
    from dispatch.models import CourierShift  # noqa: PLC0415
    from dispatch.shifts import record_change  # noqa: PLC0415

    shop = Merchant.objects.latest("pk")
    place = {"latitude": shop.latitude, "longitude": shop.longitude}
    until = (now() + timedelta(minutes=10)).isoformat()
    hint = {"merchant_id": str(shop.pk), "name": shop.name, **place, "until": until}
    with unit_of_work(now=now(), actor=SYSTEM) as work:
        for shift in CourierShift.objects.select_for_update().filter(state="online"):
            shift.give_hint(hint, now=work.now)
            shift.save()
            record_change(COURIER_HINTED, shift, work)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    give_hint()
