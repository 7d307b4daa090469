"""Reads that many ask for together."""

import asyncio
from collections.abc import Sequence

import pytest

from realtime.batches import MOST_KEYS, BatchedReads


class Table:
    """Doubles what it is asked for, once the test lets it."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.is_open = asyncio.Event()
        self.error: Exception | None = None

    async def read(self, keys: Sequence[int]) -> dict[int, int]:
        self.asked.append(list(keys))
        await self.is_open.wait()
        if self.error is not None:
            raise self.error
        return {key: 2 * key for key in keys if key}


async def ask(reads: BatchedReads[int, int], *keys: int) -> list[asyncio.Task[int | None]]:
    tasks = [asyncio.create_task(reads.get(key)) for key in keys]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


class TestBatchedReads:
    async def test_collects_what_is_asked_while_a_read_is_under_way(self) -> None:
        table = Table()
        reads = BatchedReads(table.read)
        tasks = await ask(reads, 1) + await ask(reads, 1, 2, 3, 3)
        table.is_open.set()
        assert await asyncio.gather(*tasks) == [2, 2, 4, 6, 6]
        assert table.asked == [[1], [1, 2, 3]]
        assert reads.read_count == 2

    async def test_never_answers_with_a_read_that_began_before_the_question(self) -> None:
        table = Table()
        reads = BatchedReads(table.read)
        early = await ask(reads, 7)
        late = await ask(reads, 7)
        table.is_open.set()
        await asyncio.gather(*early, *late)
        assert table.asked == [[7], [7]]

    async def test_answers_none_for_what_does_not_exist(self) -> None:
        table = Table()
        table.is_open.set()
        assert await BatchedReads(table.read).get(0) is None

    async def test_reads_a_bounded_number_at_once(self) -> None:
        table = Table()
        table.is_open.set()
        reads = BatchedReads(table.read)
        await asyncio.gather(*(reads.get(key) for key in range(1, 2 * MOST_KEYS)))
        assert max(map(len, table.asked)) == MOST_KEYS

    async def test_tells_everybody_of_a_failure_and_goes_on(self) -> None:
        table = Table()
        table.error = ConnectionError("down")
        table.is_open.set()
        reads = BatchedReads(table.read)
        with pytest.raises(ConnectionError):
            await reads.get(1)
        table.error = None
        assert await reads.get(1) == 2

    async def test_an_asker_that_leaves_takes_nobody_along(self) -> None:
        table = Table()
        reads = BatchedReads(table.read)
        leaver, stayer = await ask(reads, 1, 1)
        leaver.cancel()
        table.is_open.set()
        assert await stayer == 2
