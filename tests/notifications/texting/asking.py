"""Asks vendors once how texts ended, as a sender does now and then."""

import asyncio

from notifications.texting.asker import opened_asker


def ask_all_due() -> int:
    """Ask about every text whose time for it has come; return how many are settled."""

    async def live() -> int:
        async with opened_asker() as asker:
            return await asker.ask()

    return asyncio.run(live())
