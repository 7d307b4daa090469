"""The lanes to the database: bounded, and apart from each other."""

import asyncio
import threading

import pytest
from django.db import DatabaseError

from realtime.database import Lane, LineTooLong


class TestLane:
    async def test_refuses_when_its_line_is_full_and_recovers(self) -> None:
        lane, gate = Lane("test", threads=1, line=2), threading.Event()
        waiting = [asyncio.create_task(lane.run(gate.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(LineTooLong):
            await lane.run(gate.wait)
        gate.set()
        assert await asyncio.gather(*waiting) == [True, True, True]
        assert await lane.run(gate.is_set)
        assert (lane.pending_count, lane.refused_count) == (0, 1)

    async def test_a_full_lane_does_not_hold_up_another(self) -> None:
        reads, commands, gate = (
            Lane("reads", threads=1, line=5),
            Lane("commands", threads=1, line=5),
            threading.Event(),
        )
        stuck = asyncio.create_task(reads.run(gate.wait))
        await asyncio.sleep(0)
        await commands.run(gate.set)
        assert await stuck

    async def test_forgets_calls_of_askers_that_left(self) -> None:
        lane, gate = Lane("test", threads=1, line=1), threading.Event()
        running = asyncio.create_task(lane.run(gate.wait))
        waiting = asyncio.create_task(lane.run(gate.wait))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        assert lane.pending_count == 1
        gate.set()
        await running

    def test_a_line_too_long_is_survived_like_a_database_that_is_down(self) -> None:
        assert issubclass(LineTooLong, DatabaseError)
