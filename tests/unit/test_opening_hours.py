"""When a shop is open by its own clock."""

from datetime import UTC, datetime, time

import pytest

from core.merchants.hours import Span, is_within


LUNCH = Span(weekday=0, opens_at=time(11), closes_at=time(14))
NIGHT = Span(weekday=6, opens_at=time(20), closes_at=time(3))
WHOLE_DAY = Span(weekday=2, opens_at=time(0), closes_at=time(0))


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """Return the moment on a day of a week that began on a Monday, the first."""
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


class TestOpeningHours:
    @pytest.mark.parametrize(
        ("span", "moment", "is_open"),
        [
            (LUNCH, on(1, 10, 59), False),
            (LUNCH, on(1, 11), True),
            (LUNCH, on(1, 13, 59), True),
            (LUNCH, on(1, 14), False),
            (LUNCH, on(2, 12), False),
            (NIGHT, on(7, 19, 59), False),
            (NIGHT, on(7, 20), True),
            (NIGHT, on(8, 2, 59), True),
            (NIGHT, on(8, 3), False),
            (NIGHT, on(7, 2), False),
            (WHOLE_DAY, on(3, 0), True),
            (WHOLE_DAY, on(3, 23, 59), True),
            (WHOLE_DAY, on(4, 0), False),
        ],
    )
    def test_hold_the_moment(self, span: Span, moment: datetime, is_open: bool) -> None:  # noqa: FBT001
        assert is_within([span], moment) is is_open

    def test_of_nothing_mean_always(self) -> None:
        assert is_within([], on(1, 4))
