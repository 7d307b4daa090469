"""What comes together leaves together, and only to whom it is the very next."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from realtime.event_frames import EventFrame
from realtime.fan_out import BATCH_BYTES, Batch
from realtime.feeds import Feed
from realtime.outbox import Outbox
from realtime.spacing import Spacing
from realtime.subscriptions import Subscription
from realtime.transports import Frame


class Wire:
    """A wire that remembers the very objects it was given."""

    ready = True

    def __init__(self) -> None:
        self.buffers: list[bytes] = []
        self.texts: list[str] = []

    def put(self, frame: Frame) -> None:
        self.buffers.append(frame.buffer)
        self.texts.append(frame.text)

    async def drain(self) -> None:
        """Wait for nothing."""

    def close(self, _code: int) -> None:
        raise AssertionError

    def cut(self) -> None:
        raise AssertionError

    @property
    def events(self) -> list[tuple[int, int]]:
        """(p, seq) of every event."""
        frames = [json.loads(text) for text in self.texts]
        events = [event for frame in frames for event in frame.get("evs", [frame])]
        return [(event["p"], event["seq"]) for event in events]


class Viewer:
    """A session that has only its sending side."""

    snapshots: Any = None
    history: Any = None
    person_key = "lin"
    spacing = Spacing()

    def __init__(self) -> None:
        self.wire = Wire()
        self.outbox = Outbox(self.wire, limit=10_000, when_full=self.fail)

    def fail(self) -> None:
        raise AssertionError

    def close(self, _code: int) -> None:
        raise AssertionError

    def later(self, _request: Callable[[], Awaitable[None]]) -> None:
        raise AssertionError


def body(seq: int, *, padding: int = 0, crit: str = "") -> str:
    head = f'{{"seq":{seq},"key":"order:{seq}","ver":1,"type":"t","at":"","actor":{{}},{crit}'
    return f'{head}"d":{{"x":"{"饭" * padding}"}}}}'


@pytest.fixture
def feed() -> Feed:
    made = Feed("merchant:1")
    made.open("k3", 0)
    return made


def live(feed: Feed) -> tuple[Subscription, Wire]:
    viewer = Viewer()
    subscription = Subscription(viewer, feed)
    subscription.last = subscription.written = feed.last
    subscription._live = True
    return subscription, viewer.wire


class TestFanOut:
    async def test_hands_everybody_the_same_bytes(self, feed: Feed) -> None:
        (_, one), (_, two) = live(feed), live(feed)
        feed.offer(1, body(1))
        assert one.buffers[0] is two.buffers[0]
        assert json.loads(one.texts[0])["t"] == "ev"

    async def test_makes_one_frame_of_what_came_together(self, feed: Feed) -> None:
        _, wire = live(feed)
        feed.offer_all([(2, body(2)), (1, body(1)), (3, body(3))])
        assert len(wire.buffers) == 1
        assert wire.events == [(0, 1), (1, 2), (2, 3)]

    async def test_begins_another_frame_before_one_grows_too_big(self, feed: Feed) -> None:
        _, wire = live(feed)
        feed.offer_all([(seq, body(seq, padding=5000)) for seq in range(1, 20)])
        assert wire.events == [(seq - 1, seq) for seq in range(1, 20)]
        assert 1 < len(wire.texts) < 19
        assert all(len(text) < 2 * BATCH_BYTES for text in wire.texts)

    async def test_gives_who_is_ahead_only_the_rest(self, feed: Feed) -> None:
        (ahead, wire), (_, usual) = live(feed), live(feed)
        ahead.last = ahead.written = 2
        feed.offer_all([(seq, body(seq)) for seq in (1, 2, 3, 4)])
        assert wire.events == [(2, 3), (3, 4)]
        assert usual.events == [(0, 1), (1, 2), (2, 3), (3, 4)]

    async def test_tells_who_was_sent_less_what_they_have(self, feed: Feed) -> None:
        coalesced, wire = live(feed)
        coalesced.last, coalesced.written = 0, -2
        feed.offer_all([(1, body(1)), (2, body(2))])
        assert wire.events == [(-2, 1), (1, 2)]

    async def test_keeps_the_receipts_of_critical_events(self, feed: Feed) -> None:
        subscription, _ = live(feed)
        feed.offer_all([(1, body(1)), (2, body(2, crit='"crit":"r_2",'))])
        assert subscription.acknowledged(2) == ["r_2"]

    async def test_gives_nothing_before_the_snapshot_is_out(self, feed: Feed) -> None:
        viewer = Viewer()
        Subscription(viewer, feed)
        feed.offer(1, body(1))
        assert viewer.wire.buffers == []


class TestBatch:
    def test_of_one_is_an_ordinary_event(self) -> None:
        event = EventFrame("merchant:1", 7, body(7))
        assert Batch([event]).text == event.text
