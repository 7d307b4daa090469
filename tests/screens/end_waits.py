"""Lets the time be over for which shops wanted to wait for a courier: they are asked again."""

import os

import django


def end_waits() -> None:
    """Let the dispatcher ask at once."""
    from core.clock import now  # noqa: PLC0415
    from core.deadlines.models import Deadline  # noqa: PLC0415
    from core.legs.ladder import ASK_AGAIN  # noqa: PLC0415

    Deadline.objects.filter(kind=ASK_AGAIN).update(due_at=now())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    end_waits()
