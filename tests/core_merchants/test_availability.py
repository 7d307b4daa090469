"""Why a shop takes no orders, and from when it does again."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.merchants.availability import Why, get_availability, get_next_opening
from core.merchants.hours import Span, next_opening
from core.merchants.models import Merchant, OpeningHours, PauseCause
from tests.builders import START, make_merchant


DAY = timedelta(days=1)


def at(text: str) -> datetime:
    """A moment as a clock in Shanghai shows it, in March 2026."""
    day, clock = text.split()
    return datetime.fromisoformat(f"2026-03-{int(day):02}T{clock}+08:00").astimezone(UTC)


class TestNextOpening:
    NIGHTLY = tuple(Span(day, time(22), time(2)) for day in range(5))

    @pytest.mark.parametrize(
        ("now", "opens"),
        [
            ("2 21:59", "2 22:00"),  # Monday
            ("2 22:00", "3 22:00"),
            ("3 01:00", "3 22:00"),  # still open from Monday, past midnight
            ("7 02:00", "9 22:00"),  # Saturday; none at the weekend
            ("8 23:59", "9 22:00"),
        ],
    )
    def test_comes_after_now_across_midnight_and_the_week(self, now: str, opens: str) -> None:
        shanghai = ZoneInfo("Asia/Shanghai")
        assert next_opening(self.NIGHTLY, at(now).astimezone(shanghai)) == at(opens)

    def test_is_a_week_away_when_it_is_now(self) -> None:
        once = (Span(0, time(12), time(13)),)
        noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
        assert next_opening(once, noon) == noon + 7 * DAY

    def test_is_never_without_hours(self) -> None:
        assert next_opening((), START) is None


@pytest.mark.django_db
class TestAvailability:
    @pytest.fixture
    def shop(self) -> Merchant:
        """Open from 10:00 to 02:00 every day but Sunday, by the clock of Shanghai."""
        merchant = make_merchant()
        for day in range(6):
            OpeningHours.objects.create(
                merchant=merchant, weekday=day, opens_at=time(10), closes_at=time(2)
            )
        return merchant

    def test_of_an_open_shop_says_nothing(self, shop: Merchant) -> None:
        assert get_availability(shop, at("2 12:00")).is_taking
        assert get_availability(shop, at("3 01:59")).is_taking

    def test_outside_the_hours_tells_when_they_begin(self, shop: Merchant) -> None:
        found = get_availability(shop, at("3 02:00"))
        assert (found.why, found.again_at) == (Why.OUTSIDE_HOURS, at("3 10:00"))
        sunday = get_availability(shop, at("8 12:00"))
        assert sunday.again_at == at("9 10:00")

    def test_follows_the_clock_of_the_zone_through_its_change(self, shop: Merchant) -> None:
        shop.zone.time_zone = "Europe/Berlin"
        before = datetime(2026, 3, 28, 9, 30, tzinfo=UTC)  # Saturday 10:30, an hour before UTC+2
        assert get_availability(shop, before).is_taking
        sunday = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
        monday = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)  # 10:00 in summer time
        assert get_availability(shop, sunday).again_at == monday

    def test_paused_tells_when_it_ends(self, shop: Merchant) -> None:
        shop.pause(until=at("2 13:00"), reason="")
        found = get_availability(shop, at("2 12:00"))
        assert (found.why, found.again_at) == (Why.PAUSED, at("2 13:00"))

    def test_paused_beyond_the_hours_tells_of_the_next_opening(self, shop: Merchant) -> None:
        shop.pause(until=at("3 03:00"), reason="")
        assert get_availability(shop, at("3 01:00")).again_at == at("3 10:00")

    def test_unheard_tells_no_time(self, shop: Merchant) -> None:
        shop.pause(until=at("3 12:00"), reason="", cause=PauseCause.NO_BOARD)
        found = get_availability(shop, at("2 12:00"))
        assert (found.why, found.again_at) == (Why.UNREACHABLE, None)

    def test_closed_tells_no_time(self, shop: Merchant) -> None:
        shop.switch(is_open=False)
        assert get_availability(shop, at("2 12:00")).why is Why.CLOSED

    def test_of_a_shop_without_hours_has_no_next_opening(self) -> None:
        assert get_next_opening(make_merchant(), START) is None
