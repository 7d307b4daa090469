"""A clock whose speed changes while processes run: time never jumps, and all agree."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.clock import LEAD_SECONDS, Clock, change_speed, clock_in, start_clock


class TestSharedClock:
    @pytest.fixture
    def real(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """Real time, which the test sets."""
        at = [1_800_000_000.0]
        monkeypatch.setattr("core.clock.time.time", lambda: at[0])
        return at

    def test_goes_on_without_a_jump(self, tmp_path: Path, real: list[float]) -> None:
        file = tmp_path / "clock"
        start_clock(file, Clock(speed=5, origin=real[0]))
        real[0] += 10
        assert clock_in(file).at(real[0]) == real[0] + 40
        change_speed(file, 30)
        last = clock_in(file).now()
        for _step in range(100):
            real[0] += LEAD_SECONDS / 50
            now = clock_in(file).now()
            assert timedelta() < now - last <= timedelta(seconds=30 * LEAD_SECONDS / 49)
            last = now
        assert clock_in(file).speed == 30

    def test_keeps_the_old_speed_until_all_know_the_new(
        self, tmp_path: Path, real: list[float]
    ) -> None:
        file = tmp_path / "clock"
        start_clock(file, Clock(speed=1, origin=real[0]))
        change_speed(file, 30)
        assert clock_in(file).speed == 1
        real[0] += LEAD_SECONDS
        assert clock_in(file).speed == 30

    def test_comes_back_to_real_pace_but_not_to_real_time(
        self, tmp_path: Path, real: list[float]
    ) -> None:
        file = tmp_path / "clock"
        start_clock(file, Clock(speed=30, origin=real[0]))
        real[0] += 60
        change_speed(file, 1)
        real[0] += 60
        ahead = clock_in(file).now() - datetime.fromtimestamp(real[0], UTC)
        assert ahead == timedelta(seconds=29 * (60 + LEAD_SECONDS))


class TestPlainClock:
    def test_is_real_time(self) -> None:
        before = time.time()
        assert before <= Clock(speed=1.0, origin=0.0).now().timestamp() <= time.time() + 1
