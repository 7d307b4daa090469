"""The pace of a leave: evenly over the time that is set, and at once where there are few."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import pytest

from core.clock import real_now
from core.identifiers import new_id
from realtime import drain as way_out
from realtime import visitors
from realtime.drain import drain
from realtime.hub import Hub, Limits


class Guest:
    """A member that notes when it was warned and closed."""

    def __init__(self, hub: Hub, number: int) -> None:
        self.hub = hub
        self.id = new_id()
        self.topics = ()
        self.waiting_bytes = 0
        self.is_stream = False
        self.person_key = str(number)
        self.visitor: visitors.Visitor = visitors.Guest(order_id=new_id(), ends_at=real_now())
        self.revoked_at: datetime | None = None
        self.retry_ms: list[int] = []
        self.finished_at: list[float] = []

    def beat(self) -> None:
        raise AssertionError

    def close(self, code: int) -> None:
        raise AssertionError

    def warn(self, *, retry_ms: int) -> None:
        self.retry_ms.append(retry_ms)

    async def finish(self, code: int) -> None:
        assert (code, self.hub.admission.ask() is None) == (4001, False)
        self.finished_at.append(asyncio.get_running_loop().time())
        self.hub.dismiss(self)


async def left_by(count: int, *, seconds: float, per_second: float = 300.0) -> Sequence[Guest]:
    hub = Hub(Limits(drain_seconds=seconds, handshakes_per_second=per_second))
    guests = [Guest(hub, number) for number in range(count)]
    for guest in guests:
        hub.admit(guest)
    await drain(hub)
    return guests


class TestDrain:
    async def test_warns_and_closes_everybody_once(self) -> None:
        guests = await left_by(300, seconds=0)
        assert {(len(guest.retry_ms), len(guest.finished_at)) for guest in guests} == {(1, 1)}

    async def test_takes_the_time_that_is_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(way_out, "LEAST_PER_SECOND", 10.0)
        guests = await left_by(50, seconds=0.5)
        moments = sorted(guest.finished_at[0] for guest in guests)
        assert moments[-1] - moments[0] >= 0.4
        assert moments[25] - moments[0] >= 0.2

    async def test_spreads_the_return_over_what_others_can_let_in(self) -> None:
        guests = await left_by(300, seconds=0, per_second=10)
        times = sorted(guest.retry_ms[0] for guest in guests)
        assert times[0] < 5000
        assert 20_000 < times[-1] <= 30_000

    async def test_brings_them_back_soon_where_the_closes_are_spread(self) -> None:
        guests = await left_by(30, seconds=20, per_second=10)
        assert all(100 <= guest.retry_ms[0] <= 1000 for guest in guests)

    async def test_of_nobody_is_nothing(self) -> None:
        assert await left_by(0, seconds=20) == []
