"""Senders killed at named points and anywhere: rows, the provider's log and the screens agree.

`python -m tests.notifications.delivery.many chaos COUNT` kills as many as one likes.
"""

from pathlib import Path

import pytest

from tests.notifications.delivery import chaos
from tests.notifications.delivery.chaos import play
from tests.notifications.delivery.many import seeds_of, tell
from tests.notifications.delivery.world import Outside


pytestmark = pytest.mark.django_db(transaction=True)

IN_SUITE = 3


class TestChaos:
    def test_loses_nothing_and_shows_and_texts_nothing_twice(
        self, outside: Outside, tmp_path: Path
    ) -> None:
        toll = play(seeds_of("chaos", IN_SUITE), outside, tmp_path)
        tell("chaos", toll)
        assert toll.findings == []
        assert sum(toll.kills.values()) >= toll.seeds
        assert set(toll.kills) != {"alive"}
        assert min(toll.pushes, toll.texts, toll.leased_at_death) > 0


class TestJudgement:
    def test_finds_what_was_lost_with_its_sender(
        self, outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(chaos, "is_waiting", lambda: False)
        monkeypatch.setattr(chaos, "send_all_due", lambda _channels: 0)
        toll = play([1], outside, tmp_path)
        assert any("push is pending" in each for each in toll.findings)
