"""Waiting for the rows that say who is there."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async

from core.clock import real_now
from core.presence.queries import Presence, get_boards, get_courier_devices
from tests.realtime.conftest import Shop
from tests.realtime.raw import SECONDS


PAUSE = 0.1
"""Seconds between two looks at the database; rows are written once a second."""


async def boards_of(shop: Shop, count: int, **told: Any) -> list[Presence]:
    """Wait until the shop has so many boards, and each has told this."""

    def look() -> list[Presence]:
        return get_boards([shop.merchant_id], at=real_now()).get(shop.merchant_id, [])

    return await _until(look, count, told)


async def devices_of(courier: Shop, count: int) -> list[Presence]:
    """Wait until the courier has so many devices."""
    return await _until(partial(get_courier_devices, courier.person.pk, at=real_now()), count, {})


async def _until(
    look: Callable[[], list[Presence]], count: int, told: dict[str, Any]
) -> list[Presence]:
    async with asyncio.timeout(SECONDS):
        while True:
            found = await sync_to_async(look)()
            if len(found) == count and all(
                getattr(each, name) == value for each in found for name, value in told.items()
            ):
                return found
            await asyncio.sleep(PAUSE)
