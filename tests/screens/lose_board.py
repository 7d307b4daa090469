"""Pauses every shop as if nobody had been at its board for five minutes."""

import os

import django


def lose_board() -> None:
    """Pause, though the board is there: it would resume the shop when it comes next."""
    from core.clock import now  # noqa: PLC0415
    from core.events.facts import SYSTEM  # noqa: PLC0415
    from core.events.work import unit_of_work  # noqa: PLC0415
    from core.merchants.commands import (  # noqa: PLC0415
        UNHEARD_PAUSE,
        lock_merchant,
        pause_by_itself,
    )
    from core.merchants.models import Merchant, PauseCause  # noqa: PLC0415

    moment = now()
    with unit_of_work(now=moment, actor=SYSTEM) as work:
        for merchant_id in Merchant.objects.order_by("pk").values_list("pk", flat=True):
            shop, until = lock_merchant(merchant_id), moment + UNHEARD_PAUSE
            pause_by_itself(merchant=shop, until=until, cause=PauseCause.NO_BOARD, work=work)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    lose_board()
