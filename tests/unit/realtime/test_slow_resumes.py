"""Many who come back far behind and read slowly: what is held for them, and what they get."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import uuid4

import pytest

from core.events.queries import Entry
from core.people.models import Person
from realtime import database
from realtime import history as histories
from realtime.codes import POSITION_UNKNOWN
from realtime.event_frames import EventFrame
from realtime.feeds import Feed
from realtime.history import PAGE_EVENTS, History
from realtime.hub import Hub
from realtime.protocol import Position, Sub
from realtime.resume import REPLAY_LIMIT, Stretch
from realtime.session import Session
from realtime.transports import Frame
from realtime.visitors import Known
from tests.unit.realtime.test_outbox import event
from tests.unit.realtime.wires import PatientWire


EPOCH = "k3"
READERS = 40
SPACE = 1000
KEPT_PAGES = 3
LIMIT = KEPT_PAGES * PAGE_EVENTS * 1500
"""A little more than three pages take."""
PAGES = REPLAY_LIMIT // PAGE_EVENTS


class SlowWire(PatientWire):
    """Its buffer is full after a few frames, until its reader reads on for good."""

    is_slow = True

    def put(self, frame: Frame) -> None:
        super().put(frame)
        if self.is_slow and len(self.texts) > 3:
            self.shut()

    def read_on(self) -> None:
        """Take all there is from now on."""
        self.is_slow = False
        self.open()

    @property
    def events(self) -> list[tuple[int, int]]:
        """(p, seq) of every event sent."""
        frames = map(json.loads, self.texts)
        return [(frame["p"], frame["seq"]) for frame in frames if frame["t"] == "ev"]


class Stream:
    """Every topic's stream: `REPLAY_LIMIT` events of a kilobyte each, and none before `floor`."""

    def __init__(self) -> None:
        self.floor = 0

    def stretches(self, topics: Sequence[str]) -> dict[str, Stretch]:
        return dict.fromkeys(topics, Stretch(epoch=EPOCH, head=REPLAY_LIMIT, floor=self.floor))

    def tail(self, topic: str, *, after: int, limit: int) -> tuple[str, list[Entry]]:
        seqs = range(max(after, self.floor) + 1, min(after + limit, REPLAY_LIMIT) + 1)
        return EPOCH, [Entry(topic, seq, event(seq, padding=SPACE).body) for seq in seqs]


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Stream:
    stream = Stream()
    # A thread of the pool may have a connection from another test, which this one may not touch.
    monkeypatch.setattr(database, "close_old_connections", lambda: None)
    monkeypatch.setattr(histories, "_read_stretches", stream.stretches)
    monkeypatch.setattr(histories, "_read_tail", stream.tail)
    return stream


class Crowd:
    """Sessions that have all missed everything."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.hub.history = History(limit=LIMIT)
        self.wires: list[SlowWire] = []
        self._sessions: list[Session] = []
        self._joining: list[asyncio.Task[None]] = []

    def come(self, topic: str) -> None:
        """Let one come to the topic, whose ring is empty."""
        if topic not in self.hub.feeds:
            self.hub.feeds[topic] = feed = Feed(topic)
            feed.open(EPOCH, REPLAY_LIMIT)
        wire = SlowWire()
        session = Session(self.hub, wire)
        session.admit(Known(Person(pk=uuid4())))
        frame = Sub(id=1, topic=topic, since=Position(epoch=EPOCH, seq=0))
        self.wires.append(wire)
        self._sessions.append(session)
        self._joining.append(asyncio.create_task(session.subscribe(frame, is_checked=True)))

    async def stuck(self) -> None:
        """Wait until all have full buffers and nothing is under way for them."""
        await until(lambda: not any(wire.ready for wire in self.wires))
        await until(lambda: not self.hub.history._reading)

    async def read_on(self) -> None:
        for wire in self.wires:
            wire.read_on()
        async with asyncio.timeout(60):
            await asyncio.gather(*self._joining, return_exceptions=True)

    def end(self) -> None:
        for session in self._sessions:
            session.end()


@pytest.fixture
async def crowd(stream: Stream) -> AsyncIterator[Crowd]:
    crowd = Crowd()
    yield crowd
    crowd.end()


async def until(is_so: Callable[[], bool]) -> None:
    pause: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(0.01)  # noqa: E731
    async with asyncio.timeout(60):
        while not is_so():
            await pause()


def held() -> int:
    """How many events there are in this process."""
    gc.collect()
    return sum(type(each) is EventFrame for each in gc.get_objects())


EVERYTHING = [(seq - 1, seq) for seq in range(1, REPLAY_LIMIT + 1)]


class TestMemory:
    @pytest.mark.parametrize("topics", [1, READERS], ids=["one topic", "a topic each"])
    async def test_for_slow_readers_is_bounded(self, crowd: Crowd, topics: int) -> None:
        before, names = held(), [f"user:{uuid4()}" for _ in range(topics)]
        for number in range(READERS):
            crowd.come(names[number % topics])
        await crowd.stuck()
        assert held() - before <= KEPT_PAGES * PAGE_EVENTS
        assert crowd.hub.history.size <= LIMIT
        await crowd.read_on()
        assert all(wire.events == EVERYTHING for wire in crowd.wires)
        assert held() - before <= KEPT_PAGES * PAGE_EVENTS


class TestReads:
    async def test_are_shared_by_those_who_come_together(self, crowd: Crowd) -> None:
        topic = f"user:{uuid4()}"
        for _ in range(READERS):
            crowd.come(topic)
        await crowd.stuck()
        assert crowd.hub.history.read_count == 1
        await crowd.read_on()
        assert crowd.hub.history.read_count <= 2 * PAGES

    async def test_of_what_retention_took_meanwhile_close(
        self, crowd: Crowd, stream: Stream
    ) -> None:
        crowd.come(f"user:{uuid4()}")
        await crowd.stuck()
        stream.floor = 2 * PAGE_EVENTS
        await crowd.read_on()
        (wire,) = crowd.wires
        assert wire.events == EVERYTHING[:PAGE_EVENTS]
        assert wire.codes == [POSITION_UNKNOWN]
