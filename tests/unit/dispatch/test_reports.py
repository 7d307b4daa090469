"""What a device may say about its place."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dispatch.positions.reports import (
    Fix,
    Ignored,
    Position,
    PositionImpossible,
    PositionInaccurate,
    PositionTooOld,
    judge,
)


NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DEGREES_PER_METRE = 1 / 111_195


def fix(*, ago: timedelta = 10 * SECOND, accuracy: float | None = None) -> Fix:
    at = NOW - ago
    return Fix(latitude=31.0, longitude=121.0, accuracy_metres=accuracy, at=at, seen_at=at)


def verdict(last: Fix | None = None, *, metres: float = 0, **fields: Any) -> Fix | Ignored:
    place = Position(latitude=31.0 + metres * DEGREES_PER_METRE, longitude=121.0, **fields)
    return judge(place, last, now=NOW, pause=SECOND)


class TestOrder:
    def test_takes_the_first(self) -> None:
        found = verdict()
        assert isinstance(found, Fix)
        assert (found.at, found.seen_at) == (NOW, NOW)

    @pytest.mark.parametrize("ago", [10, 11, 600])
    def test_ignores_what_is_not_newer(self, ago: int) -> None:
        assert verdict(fix(), at=NOW - ago * SECOND) is Ignored.OUT_OF_ORDER

    def test_ignores_what_comes_too_soon(self) -> None:
        assert verdict(fix(ago=SECOND / 2)) is Ignored.TOO_SOON

    def test_never_lives_in_the_future(self) -> None:
        found = verdict(fix(), at=NOW + timedelta(days=1))
        assert isinstance(found, Fix)
        assert found.at == NOW

    def test_takes_what_a_tunnel_kept_back(self) -> None:
        found = verdict(fix(ago=timedelta(minutes=30)), at=NOW - timedelta(minutes=20))
        assert isinstance(found, Fix)
        assert found.at == NOW - timedelta(minutes=20)

    def test_refuses_what_is_older_than_an_hour(self) -> None:
        with pytest.raises(PositionTooOld, match="3601 s"):
            verdict(at=NOW - 3601 * SECOND)


class TestBelief:
    def test_refuses_a_guess(self) -> None:
        with pytest.raises(PositionInaccurate):
            verdict(accuracy_metres=5_001.0)

    def test_refuses_what_nobody_can_have_moved(self) -> None:
        with pytest.raises(PositionImpossible) as refused:
            verdict(fix(), metres=900)
        assert refused.value.extra == {"metres": 900, "seconds": 10.0}

    @pytest.mark.parametrize(
        ("metres", "ago", "accuracy"), [(700, 10, None), (5_000, 90, None), (900, 10, 200.0)]
    )
    def test_takes_what_somebody_can(self, metres: int, ago: int, accuracy: float | None) -> None:
        last = fix(ago=ago * SECOND, accuracy=accuracy)
        assert isinstance(verdict(last, metres=metres), Fix)

    @given(some.floats(0, 2e7, allow_nan=False))
    def test_believes_any_place_in_the_end(self, metres: float) -> None:
        last = fix(ago=timedelta(seconds=metres / 60 + 60))
        assert isinstance(verdict(last, metres=min(metres, 6_000_000)), Fix)

    def test_lets_the_demonstration_jump(self) -> None:
        place = Position(latitude=-31.0, longitude=0.0)
        assert isinstance(judge(place, fix(), now=NOW, pause=SECOND, may_jump=True), Fix)
