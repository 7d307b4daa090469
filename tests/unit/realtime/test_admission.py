"""The token bucket: who comes in, and when the others are told to come back."""

from hypothesis import given
from hypothesis import strategies as st

from realtime.admission import AWAY_SECONDS, MOST_RETRY_SECONDS, Admission


class Bucket(Admission):
    """A bucket on a clock that a test turns."""

    def __init__(self, *, per_second: float = 10.0, burst: int = 5) -> None:
        self.now = 100.0
        super().__init__(per_second=per_second, burst=burst, clock=lambda: self.now)

    def ask_often(self, times: int) -> list[int]:
        """Ask so many times at once; return the refusals."""
        return [retry_ms for _ in range(times) if (retry_ms := self.ask()) is not None]


class TestAdmission:
    def test_lets_a_burst_in_and_counts_those_it_refuses(self) -> None:
        bucket = Bucket()
        assert len(bucket.ask_often(8)) == 3
        assert (bucket.admitted_count, bucket.refused_count) == (5, 3)

    def test_fills_with_time_and_never_above_the_burst(self) -> None:
        bucket = Bucket()
        bucket.ask_often(5)
        bucket.now += 0.35
        assert len(bucket.ask_often(5)) == 2
        bucket.now += 1000
        assert len(bucket.ask_often(9)) == 4

    def test_gives_everybody_a_place_in_the_line_it_works_off(self) -> None:
        bucket = Bucket()
        refusals = bucket.ask_often(105)
        assert refusals == sorted(set(refusals))
        assert refusals[0] >= 500
        assert 10_000 <= refusals[-1] <= 10_600

    def test_lets_those_in_who_come_back_at_their_time(self) -> None:
        bucket = Bucket()
        for retry_ms in bucket.ask_often(105):
            bucket.now = 100.0 + retry_ms / 1000
            assert bucket.ask() is None

    def test_puts_who_comes_later_behind_those_already_sent_away(self) -> None:
        bucket = Bucket()
        last = bucket.ask_often(25)[-1]
        bucket.now += 0.05
        bucket.ask()
        assert bucket.turn_away() > last - 50

    @given(st.integers(min_value=1, max_value=3000))
    def test_sends_nobody_away_for_longer_than_a_minute(self, many: int) -> None:
        refusals = Bucket().ask_often(many)
        assert all(500 <= each <= MOST_RETRY_SECONDS * 1000 + 1 for each in refusals)

    def test_lets_nobody_in_once_closed(self) -> None:
        bucket = Bucket()
        bucket.is_closed = True
        least, most = AWAY_SECONDS
        assert all(least * 1000 <= each <= most * 1000 + 1 for each in bucket.ask_often(5))
        assert bucket.refused_count == 5
