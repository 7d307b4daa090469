"""Snapshots are read once for everybody, and again when their topic or the time has moved on."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import clock
from realtime import snapshots
from realtime.snapshots import KEPT_FOR, SnapshotCache, SnapshotFrames


@dataclass
class Topic:
    """A feed, as far as the cache looks."""

    topic: str = "merchant:1"
    epoch: str = "k3"
    last: int = 7
    expected: int = 0


class Town:
    """A database with one snapshot a topic, and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
        self.seq = 7
        self.reads: list[str] = []
        self.error: Exception | None = None
        monkeypatch.setattr(clock, "now", lambda: self.now)
        monkeypatch.setattr(snapshots, "in_database", self.read)

    async def read(self, _function: Any, topic: str, *, now: datetime) -> SnapshotFrames:
        self.reads.append(topic)
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return SnapshotFrames("k3", self.seq, ("x" * 1000,))


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Town:
    return Town(monkeypatch)


class TestSnapshotCache:
    async def test_reads_once_for_all_who_come_together_and_after_each_other(
        self, town: Town
    ) -> None:
        cache = SnapshotCache()
        together = await asyncio.gather(*(cache.get(Topic()) for _ in range(10)))
        assert {snapshot.seq for snapshot in together} == {(await cache.get(Topic())).seq}
        assert town.reads == ["merchant:1"]
        assert (cache.read_count, cache.hit_count) == (1, 1)

    @pytest.mark.parametrize(
        "moved", [Topic(last=8), Topic(expected=8), Topic(epoch="k4")], ids=str
    )
    async def test_reads_again_when_the_topic_has_moved_on(self, town: Town, moved: Topic) -> None:
        cache = SnapshotCache()
        await cache.get(Topic())
        await cache.get(moved)
        assert len(town.reads) == 2

    async def test_gives_a_snapshot_that_is_ahead_of_the_bell(self, town: Town) -> None:
        town.seq = 9
        cache = SnapshotCache()
        await cache.get(Topic())
        assert (await cache.get(Topic(last=8))).seq == 9
        assert len(town.reads) == 1

    async def test_reads_again_when_rows_may_have_left_with_time(self, town: Town) -> None:
        cache = SnapshotCache()
        await cache.get(Topic())
        town.now += KEPT_FOR - timedelta(seconds=1)
        await cache.get(Topic())
        town.now += timedelta(seconds=1)
        await cache.get(Topic())
        assert len(town.reads) == 2

    async def test_keeps_the_most_recently_used_within_its_limit(self, town: Town) -> None:
        cache = SnapshotCache(limit=2500)
        for name in ("a", "b", "a", "c", "a", "b"):
            await cache.get(Topic(name))
        assert town.reads == ["a", "b", "c", "b"]
        assert cache.size <= 2500

    async def test_keeps_nothing_of_a_read_that_failed(self, town: Town) -> None:
        cache = SnapshotCache()
        town.error = ConnectionError("down")
        with pytest.raises(ConnectionError):
            await cache.get(Topic())
        town.error = None
        assert (await cache.get(Topic())).seq == 7
