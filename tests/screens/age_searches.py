"""Lets every search for a courier have begun eight minutes ago: the shop is asked now."""

import os
from datetime import timedelta

import django


def age_searches() -> None:
    """Move the ladder's zero, and let the dispatcher look at once."""
    from django.db.models import F  # noqa: PLC0415

    from core.clock import now  # noqa: PLC0415
    from core.deadlines.models import Deadline  # noqa: PLC0415
    from core.legs.ladder import Rung  # noqa: PLC0415
    from dispatch.models import CourierSearch  # noqa: PLC0415

    running = CourierSearch.objects.filter(ended_at__isnull=True)
    running.update(started_at=F("started_at") - timedelta(minutes=8))
    Deadline.objects.filter(kind__in=list(Rung)).update(due_at=now())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    age_searches()
