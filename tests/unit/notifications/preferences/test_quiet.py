"""Quiet hours on real clocks, those that are turned included."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifications.preferences.quiet import QuietSpan, next_hour, next_time, quiet_until


BERLIN, NEW_YORK, SHANGHAI = (
    ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Shanghai")
)
# Half an hour of summer time, a quarter of an hour from the rest, a skipped day, odd rules.
ODD = tuple(
    ZoneInfo(name)
    for name in ("Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca")
)
ZONES = st.sampled_from((BERLIN, NEW_YORK, SHANGHAI, *ODD))
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
# Around a turn of the clocks more often than chance would have it.
TURNS = (
    datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
)  # fmt: skip
NEAR_TURNS = st.builds(
    lambda turn, minutes: turn + timedelta(minutes=minutes),
    st.sampled_from(TURNS),
    st.integers(-40 * 60, 40 * 60),
)
ANY_TIME = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MOMENTS = NEAR_TURNS | ANY_TIME
MINUTE = timedelta(minutes=1)


@st.composite
def spans(draw: st.DrawFn) -> QuietSpan:
    starts_at, ends_at = draw(TIMES), draw(TIMES)
    assume(starts_at != ends_at)
    return QuietSpan(starts_at=starts_at, ends_at=ends_at, zone=draw(ZONES))


def night(zone: ZoneInfo, starts_at: str = "22:00", ends_at: str = "07:00") -> QuietSpan:
    return QuietSpan(
        starts_at=time.fromisoformat(starts_at), ends_at=time.fromisoformat(ends_at), zone=zone
    )


def shown_as_quiet(span: QuietSpan, now: datetime) -> bool:
    """Whether the clock on the wall stands within the hours, as anybody would read it."""
    shown = now.astimezone(span.zone).time()
    if span.starts_at < span.ends_at:
        return span.starts_at <= shown < span.ends_at
    return shown >= span.starts_at or shown < span.ends_at


def local(zone: ZoneInfo, text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


class TestQuietUntil:
    @given(spans(), MOMENTS)
    def test_is_quiet_whenever_the_clock_says_so(self, span: QuietSpan, now: datetime) -> None:
        if shown_as_quiet(span, now):
            assert quiet_until([span], now) is not None

    @given(spans(), MOMENTS)
    def test_ends_at_the_first_moment_that_is_not_quiet(
        self, span: QuietSpan, now: datetime
    ) -> None:
        end = quiet_until([span], now)
        if end is None:
            return
        assert end > now
        assert quiet_until([span], end) is None
        assert quiet_until([span], end - timedelta(seconds=1)) == end

    @given(spans(), MOMENTS)
    def test_never_lasts_longer_than_its_hours_and_a_turn(
        self, span: QuietSpan, now: datetime
    ) -> None:
        """Not later than the end: the clock shows it, or has just jumped over it."""
        end = quiet_until([span], now)
        if end is None:
            return
        shown = end.astimezone(span.zone)
        before = (end - MINUTE).astimezone(span.zone)
        jumped = before.utcoffset() != shown.utcoffset()
        assert jumped or shown.time() == span.ends_at

    def test_crosses_midnight(self) -> None:
        span = night(SHANGHAI)
        seven = local(SHANGHAI, "2026-05-02 07:00")
        assert quiet_until([span], local(SHANGHAI, "2026-05-01 22:00")) == seven
        assert quiet_until([span], local(SHANGHAI, "2026-05-02 06:59")) == seven
        assert quiet_until([span], seven) is None
        assert quiet_until([span], local(SHANGHAI, "2026-05-01 21:59")) is None

    def test_follows_clocks_put_forward_and_back(self) -> None:
        for day, hours in (("2026-03-29", 8), ("2026-10-25", 10), ("2026-06-10", 9)):
            end = local(BERLIN, f"{day} 07:00").astimezone(UTC)
            assert quiet_until([night(BERLIN)], end - timedelta(hours=hours)) == end
            assert quiet_until([night(BERLIN)], end - timedelta(hours=hours, seconds=1)) is None

    def test_ends_with_the_jump_when_the_clock_skips_its_end(self) -> None:
        span = night(BERLIN, "22:00", "02:30")
        jump = datetime(2026, 3, 29, 1, tzinfo=UTC)
        assert quiet_until([span], jump - timedelta(hours=1)) == jump

    def test_ends_with_the_second_showing_of_its_end(self) -> None:
        span = night(BERLIN, "22:00", "02:30")
        again = local(BERLIN, "2026-10-25 02:30", fold=1).astimezone(UTC)
        assert quiet_until([span], local(BERLIN, "2026-10-25 02:45", fold=0)) == again

    def test_goes_on_where_another_span_begins_within(self) -> None:
        own, shared = night(SHANGHAI), night(SHANGHAI, "06:00", "09:00")
        nine = local(SHANGHAI, "2026-05-02 09:00")
        assert quiet_until([own, shared], local(SHANGHAI, "2026-05-01 23:00")) == nine


class TestNextTime:
    @given(TIMES, ZONES, MOMENTS)
    def test_comes_once_a_day(self, at: time, zone: ZoneInfo, now: datetime) -> None:
        first = next_time(at, zone, after=now)
        assert now < first <= now + timedelta(hours=50)
        second = next_time(at, zone, after=first)
        assert second.astimezone(zone).date() > first.astimezone(zone).date()

    @pytest.mark.parametrize("now", ["2026-05-01 09:59:59", "2026-05-01 09:00:00"])
    def test_of_hours_is_the_next_full_one(self, now: str) -> None:
        assert next_hour(SHANGHAI, after=local(SHANGHAI, now)) == local(
            SHANGHAI, "2026-05-01 10:00"
        )
