"""Asks vendors, beside the sending, how texts ended that nothing has told of."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import structlog

from core.clock import clock
from notifications.loop import DATABASE_ERRORS, DatabaseThread
from notifications.providers import Providers, opened_providers
from notifications.texting.asking import claim_questions, purge_texts
from notifications.texting.settling import settle_all


log = structlog.get_logger(__name__)

ASK_SECONDS: Final = 5.0
"""Real seconds between looks; each look asks a bounded number."""


class Asker:
    """Asks again and again while its block is open; any number may run."""

    def __init__(self, providers: Providers, *, database: DatabaseThread) -> None:
        self._providers = providers
        self._database = database

    async def ask(self) -> int:
        """Ask about what is due to be asked; return how many texts are settled."""
        now = clock().now()
        questions = await self._database.run(lambda: claim_questions(now=now))
        settled_count = 0
        for (channel, provider), asked in questions.items():
            receipts = await self._providers.ask(channel, provider, asked)
            settled_count += await self._database.run(
                partial(settle_all, provider, receipts, now=clock().now())
            )
        await self._database.run(lambda: purge_texts(now=now))
        return settled_count

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Ask while open; a question cut off at the end is asked again by whoever is next."""
        task = asyncio.create_task(self._ask_often())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _ask_often(self) -> None:
        while True:
            await asyncio.sleep(ASK_SECONDS)
            try:
                await self.ask()
            except DATABASE_ERRORS as error:
                log.warning("asker.database_unavailable", error=str(error))


@asynccontextmanager
async def opened_asker() -> AsyncIterator[Asker]:
    """Yield one with its connections open."""
    with DatabaseThread() as database:
        async with opened_providers() as providers:
            yield Asker(providers, database=database)
