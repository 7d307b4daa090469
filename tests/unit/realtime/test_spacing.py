"""Who was shown what when: kept for those who come back, and bounded."""

import time

from realtime.spacing import DEVICES, Spacing


class TestSpacing:
    def test_gives_back_when_somebody_was_shown_a_position(self) -> None:
        spacing = Spacing()
        spacing.leave("lin", "order:1", 7.0)
        assert spacing.join("lin", "order:1", is_resumed=True) == 7.0
        assert len(spacing) == 0

    def test_tells_devices_topics_and_people_apart(self) -> None:
        spacing = Spacing()
        for shown_at in (5.0, 9.0, 0.0):
            spacing.leave("lin", "order:1", shown_at)
        spacing.leave("wu", "order:1", 8.0)
        spacing.leave("lin", "order:2", 6.0)
        found = [spacing.join("lin", "order:1", is_resumed=False) for _ in range(4)]
        assert found == [9.0, 5.0, 0.0, 0.0]
        assert spacing.join("lin", "order:2", is_resumed=False) == 6.0

    def test_lets_whom_nobody_knows_wait_when_they_have_been_elsewhere(self) -> None:
        before = time.monotonic()
        assert Spacing().join("lin", "order:1", is_resumed=True) >= before
        assert Spacing().join("lin", "order:1", is_resumed=False) == 0.0

    def test_forgets_who_left_first(self) -> None:
        spacing = Spacing(limit=2)
        for number in range(3):
            spacing.leave("lin", f"order:{number}", 1.0 + number)
        assert len(spacing) == 2
        assert spacing.join("lin", "order:0", is_resumed=False) == 0.0
        assert spacing.join("lin", "order:2", is_resumed=False) == 3.0

    def test_forgets_all_but_the_last_devices(self) -> None:
        spacing = Spacing()
        for number in range(2 * DEVICES):
            spacing.leave("lin", "order:1", 1.0 + number)
        found = [spacing.join("lin", "order:1", is_resumed=False) for _ in range(DEVICES + 1)]
        assert found == [*(float(2 * DEVICES - number) for number in range(DEVICES)), 0.0]
