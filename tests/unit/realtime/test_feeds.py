"""One topic in memory: order, gaps, and the ring."""

from hypothesis import given
from hypothesis import strategies as st

from realtime.event_frames import EventFrame
from realtime.fan_out import Batch
from realtime.feeds import RING_EVENTS, Feed


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.seqs: list[int] = []

    def deliver(self, batch: Batch) -> None:
        assert batch.after == (self.seqs[-1] if self.seqs else batch.after)
        self.seqs += [event.seq for event in batch.events]

    def deliver_latest(self, key: str, text: str) -> None:
        raise AssertionError

    def lose(self) -> None:
        raise AssertionError

    def renew(self) -> None:
        raise AssertionError


def body(seq: int) -> str:
    return f'{{"seq":{seq},"key":"order:1","ver":{seq},"type":"t","at":"","actor":{{}},"d":{{}}}}'


def opened(head: int = 0) -> tuple[Feed, Heard]:
    feed, heard = Feed("merchant:1"), Heard()
    feed.open("k3", head)
    feed.listeners[heard] = None
    return feed, heard


class TestFeed:
    def test_delivers_in_order_and_drops_repetitions(self) -> None:
        feed, heard = opened()
        for seq in (1, 2, 2, 1, 3):
            feed.offer(seq, body(seq))
        assert heard.seqs == [1, 2, 3]

    def test_waits_at_a_gap(self) -> None:
        feed, heard = opened()
        feed.offer(2, body(2))
        assert (heard.seqs, feed.is_behind) == ([], True)
        feed.offer(1, body(1))
        assert (heard.seqs, feed.is_behind) == ([1, 2], False)

    def test_keeps_what_comes_before_its_position_is_known(self) -> None:
        feed = Feed("merchant:1")
        feed.offer(5, body(5))
        feed.offer(6, body(6))
        feed.open("k3", 5)
        assert feed.last == 6

    def test_takes_older_entries_as_far_as_they_join(self) -> None:
        feed, heard = opened(head=9)
        feed.offer(10, body(10))
        feed.refill([(seq, body(seq)) for seq in (4, 6, 7, 8, 9, 10)])
        assert [event.seq for event in feed.after(5)] == [6, 7, 8, 9, 10]
        assert (feed.stretch.floor, heard.seqs) == (5, [10])

    def test_refills_no_more_than_its_ring_holds(self) -> None:
        feed, _ = opened(head=RING_EVENTS)
        for seq in range(RING_EVENTS + 1, RING_EVENTS + 11):
            feed.offer(seq, body(seq))
        feed.refill([(seq, body(seq)) for seq in range(1, RING_EVENTS + 1)])
        assert len(feed.ring) == RING_EVENTS
        assert (feed.stretch.floor, feed.ring[-1].seq) == (10, RING_EVENTS + 10)

    def test_covers_what_its_ring_holds(self) -> None:
        feed, _ = opened()
        for seq in range(1, RING_EVENTS + 11):
            feed.offer(seq, body(seq))
        assert not feed.covers(9)
        assert [event.seq for event in feed.after(10)] == list(range(11, RING_EVENTS + 11))

    @given(st.permutations(range(1, 30)), st.integers(0, 5))
    def test_is_gapless_however_entries_arrive(self, order: list[int], head: int) -> None:
        feed, heard = opened(head)
        for seq in order + order[:10]:
            feed.offer(seq, body(seq))
        assert heard.seqs == list(range(head + 1, 30))


class TestEventFrame:
    def test_follows_any_event(self) -> None:
        event = EventFrame("merchant:1", 5, body(5))
        assert event.text.startswith('{"t":"ev","topic":"merchant:1","p":4,"seq":5,')
        assert event.after(2) == event.text.replace('"p":4', '"p":2')

    def test_knows_its_receipt_from_its_head_only(self) -> None:
        loud = body(1).replace('"d":{}', '"crit":"r_77","d":{}')
        quiet = body(1).replace('"d":{}', '"d":{"crit":"r_78"}')
        assert EventFrame("merchant:1", 1, loud).receipt == "r_77"
        assert EventFrame("merchant:1", 1, quiet).receipt is None

    def test_knows_its_key(self) -> None:
        assert EventFrame("merchant:1", 1, body(1)).key == "order:1"
