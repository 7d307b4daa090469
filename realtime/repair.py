"""Finds what the bell has lost: waits a moment at a gap, then reads the database once.

A gap is usually a commit overtaken on the bus by the next one, so it is given 50 ms. Every one
and a half seconds one query asks for the heads of all topics that have listeners; so a lost last
event is found, and with the bus down the same poll carries the traffic, once a second as long as
it finds any. One read is in flight at a time.
"""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Final

import structlog
from django.db import DatabaseError

from core.events.heads import TopicList, get_heads, get_sum_of_heads, list_topics
from core.events.queries import Entry, get_entries, get_epoch
from realtime.database import in_database
from realtime.feeds import Feed
from realtime.tally import tally


log = structlog.get_logger(__name__)

GAP_SECONDS: Final = 0.05
POLL_SECONDS: Final = 1.5
"""Between two looks at the heads: with ten thousand silent feeds each look is 10 ms of CPU; a lost
last event is found within 2 s, the look itself and its read included."""
LOSING_SECONDS: Final = 1.0
"""The same, while the last look has found that the bell loses events."""
HEADS_AT_ONCE: Final = 1000


class Repair:
    """Keeps the feeds of one process whole."""

    def __init__(self, feeds: Mapping[str, Feed]) -> None:
        """Watch `feeds`, which the hub changes."""
        self._feeds = feeds
        self._behind: dict[str, Feed] = {}
        self._task: asyncio.Task[None] | None = None
        self._lists: list[TopicList] = []
        """What the last poll asked about, as long as nobody comes or goes."""
        self.gap_count = 0
        """Times a feed was found behind, for metrics."""
        self.read_count = 0
        """Reads of the event table, for metrics."""

    def watch(self, feed: Feed) -> None:
        """Repair the feed soon, if it is still behind then."""
        self.gap_count += feed.topic not in self._behind
        self._behind[feed.topic] = feed
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._repair())

    async def poll_forever(self) -> None:
        """Compare heads again and again; a database that is down is asked again."""
        is_losing = False
        while True:
            await asyncio.sleep(LOSING_SECONDS if is_losing else POLL_SECONDS)
            try:
                is_losing = await self._poll()
            except DatabaseError:
                log.warning("realtime.poll_failed", exc_info=True)

    async def _poll(self) -> bool:
        """Compare heads once; say whether any feed was behind.

        Each step over all feeds counts: most of ten thousand are silent, and cold in the cache.
        """
        feeds = [feed for feed in self._feeds.values() if feed.listeners]
        if not feeds:
            return False
        asked_at = time.monotonic()
        epoch, heads = await in_database(_read_heads, self._places(feeds))
        tally.head_polls.observe(time.monotonic() - asked_at)
        epoch = sys.intern(epoch)  # as the feeds' are, so that most are told apart by identity
        for feed in [feed for feed in feeds if feed.epoch != epoch]:
            if feed.is_open:
                feed.lose()
        gap_count = self.gap_count
        for topic, head in heads.items():
            found = self._feeds.get(topic)
            if found is not None and found.is_open and found.epoch == epoch:
                found.expected = max(found.expected, head)
                if found.is_behind:
                    self.watch(found)
        return self.gap_count > gap_count

    def _places(self, feeds: Sequence[Feed]) -> list[tuple[TopicList, int]]:
        """Where the feeds stand, some at a time: their topics, and the sum of their positions."""
        parts = [feeds[at : at + HEADS_AT_ONCE] for at in range(0, len(feeds), HEADS_AT_ONCE)]
        kept, self._lists = self._lists, []
        for part, before in zip_longest(parts, kept[: len(parts)]):
            topics = tuple([feed.topic for feed in part])
            is_same = before is not None and before.topics == topics
            self._lists.append(before if is_same else list_topics(topics))
        sums = [sum([feed.last for feed in part]) for part in parts]
        return list(zip(self._lists, sums, strict=True))

    async def _repair(self) -> None:
        try:
            while self._behind:
                await asyncio.sleep(GAP_SECONDS)
                behind = {
                    topic: feed.last for topic, feed in self._behind.items() if feed.is_behind
                }
                feeds, self._behind = self._behind, {}
                if behind:
                    await self._read(feeds, behind)
        except DatabaseError:
            # The next poll finds the same gap again.
            log.warning("realtime.repair_failed", exc_info=True)
        finally:
            self._task = None

    async def _read(self, feeds: Mapping[str, Feed], behind: Mapping[str, int]) -> None:
        self.read_count += 1
        for topic, entries in (await in_database(_read_entries, behind)).items():
            feed = feeds[topic]
            before = feed.last
            feed.offer_all((entry.seq, entry.body) for entry in entries)
            if feed.last == before and before == behind[topic] and feed.is_behind:
                log.warning("realtime.gap_is_final", topic=topic, seq=before)
                feed.lose()
            elif feed.is_behind:
                self._behind[topic] = feed


def _read_heads(places: Sequence[tuple[TopicList, int]]) -> tuple[str, dict[str, int]]:
    """Return heads of topics that have moved on, and of some others; none when nothing moved.

    A head is never behind what a process has delivered of it, so equal sums mean equal heads.
    """
    heads: dict[str, int] = {}
    for topics, sum_of_lasts in places:
        if get_sum_of_heads(topics) != sum_of_lasts:
            heads |= get_heads(topics)
    return get_epoch(), heads


def _read_entries(behind: Mapping[str, int]) -> dict[str, list[Entry]]:
    return {topic: get_entries(topic, after=seq) for topic, seq in behind.items()}
