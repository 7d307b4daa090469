"""Starts again what has died: a demonstration's processes may be killed by its visitors."""

import asyncio
from typing import Final

from web.demo.installation import Installation


LOOK_REAL_SECONDS: Final = 0.5


async def keep_alive(installation: Installation) -> None:
    """Look after the processes for as long as the city lives."""
    while True:
        await asyncio.sleep(LOOK_REAL_SECONDS)
        for child in installation.children:
            if not child.running and not child.is_held:
                child.start()
