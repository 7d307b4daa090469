"""When connections are pinged: a crowd that comes together is not pinged together."""

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import count
from uuid import uuid4

import pytest

from realtime import hub as module
from realtime.hub import Hub, Limits


class Device:
    """A member, as far as it is admitted and pinged."""

    def __init__(self, *, is_broken: bool = False) -> None:
        self.id = uuid4()
        self.person_key = str(self.id)
        self.is_broken = is_broken
        self.beats = 0

    def beat(self) -> None:
        self.beats += 1
        if self.is_broken:
            raise RuntimeError("broken")


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110  looked at from outside
            await asyncio.sleep(0.01)


class TestWheel:
    def test_spreads_a_crowd_over_the_turns_that_come_last(self) -> None:
        hub = Hub(Limits(ping_seconds=20))
        for _ in range(1000):
            assert hub.admit(Device())  # type: ignore[arg-type]
        sizes = Counter(map(len, hub._wheel))
        assert sizes == {100: 10, 0: 10}
        assert not any(hub._wheel[1:11])

    def test_of_one_turn_has_room_for_all(self) -> None:
        hub = Hub(Limits(ping_seconds=1))
        assert hub.admit(Device())  # type: ignore[arg-type]
        assert len(hub._wheel[0]) == 1

    async def test_goes_on_whatever_breaks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "TICK_SECONDS", 0.01)
        monkeypatch.setattr(module, "SWEEP_TICKS", 1)
        hub, sweeps = Hub(Limits(ping_seconds=1)), count(1)
        devices = [Device(is_broken=is_broken) for is_broken in (True, False, True)]
        for device in devices:
            assert hub.admit(device)  # type: ignore[arg-type]

        def break_at_first() -> None:
            if next(sweeps) == 1:
                raise RuntimeError("broken")

        monkeypatch.setattr(hub, "_sweep", break_at_first)
        turning = asyncio.create_task(module._keep_running(hub._turn))
        await until(lambda: all(device.beats >= 5 for device in devices))
        assert next(sweeps) > 3
        turning.cancel()
