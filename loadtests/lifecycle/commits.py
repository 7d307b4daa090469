"""When each entry was committed, heard where the web process itself announces it: on the bus.

A bus message names its entries and, as `sent`, the wall time right after their COMMIT. The load
generator listens like one more web process, and compares with its own clock: it is the same
machine's.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer


GROUP = "shard-0"
"""An installation has one shard unless told otherwise."""

Entry = tuple[str, int]
"""Topic and number."""


class Commits:
    """The moments of the entries heard of."""

    def __init__(self, bus_url: str) -> None:
        self._layer: Any = RedisPubSubChannelLayer(hosts=[bus_url], prefix="paidan")
        self._moments: dict[Entry, float] = {}
        self._listening: asyncio.Task[None] | None = None

    async def listen(self) -> None:
        """Begin to listen."""
        channel = await self._layer.new_channel()
        await self._layer.group_add(GROUP, channel)
        self._listening = asyncio.create_task(self._hear(channel))

    async def _hear(self, channel: str) -> None:
        while True:
            message = await self._layer.receive(channel)
            for topic, seq, *_body in message.get("ev", ()):
                self._moments[topic, seq] = message["sent"]

    def delays(self, arrivals: Iterable[tuple[Any, float]]) -> list[float]:
        """Seconds from COMMIT until each arrival (entry, wall time) of what was heard of."""
        moments = self._moments
        return [arrived - moments[entry] for entry, arrived in arrivals if entry in moments]

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
        await self._layer.flush()
