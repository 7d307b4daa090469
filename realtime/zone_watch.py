"""Shows each watched zone once a second: one read for all of them, and only what has changed."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError

from core import clock
from realtime.database import in_database
from realtime.feeds import Feed
from realtime.topics import parse_topic
from realtime.zones import get_zone_frames


log = structlog.get_logger(__name__)

SHOW_SECONDS: Final = 1.0


class ZoneWatch:
    """Drives the feeds without sequence of one process."""

    def __init__(self, feeds: Mapping[str, Feed]) -> None:
        """Show `feeds`, which the hub changes."""
        self._feeds = feeds

    async def show_forever(self) -> None:
        """Show once a second; a database that is down is asked again."""
        while True:
            await asyncio.sleep(SHOW_SECONDS)
            watched = [feed for feed in self._feeds.values() if feed.is_open and feed.listeners]
            if not watched:
                continue
            try:
                await self._show(watched)
            except (DatabaseError, InterfaceError):
                log.warning("realtime.zones_failed", exc_info=True)

    async def _show(self, watched: list[Feed]) -> None:
        ids = [parse_topic(feed.topic).id for feed in watched]
        frames = await in_database(
            get_zone_frames,
            ids,
            epoch=watched[0].epoch,
            now=clock.now(),
            at=clock.real_now(),
        )
        for feed in watched:
            feed.show_picture(frames[feed.topic])
