"""Whatever ladder is drawn and whatever people do, the product does what a simple model does.

`python -m tests.notifications.delivery.many ladders COUNT` draws as many as one likes.
"""

from datetime import UTC, datetime, time

import pytest

from tests.notifications.delivery import ladder_model
from tests.notifications.delivery.ladder_model import Habits, end_of_quiet
from tests.notifications.delivery.ladder_world import play
from tests.notifications.delivery.many import seeds_of, tell


IN_SUITE = 24


@pytest.mark.django_db
class TestLadders:
    def test_tell_what_the_model_tells(self) -> None:
        seen = play(seeds_of("ladders", IN_SUITE))
        tell("ladders", seen)
        assert seen.findings == []
        assert min(seen.silent, seen.waited, seen.gathered) > 0
        assert min(seen.sent[each] for each in ("push", "sms", "call")) > 0

    def test_differ_from_a_model_that_forgets_quiet_hours(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ladder_model, "end_of_quiet", lambda *_: None)
        assert play(range(IN_SUITE)).findings

    def test_differ_from_a_model_that_goes_on_after_an_act(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ladder_model.Model, "act", lambda _: None)
        assert play(range(IN_SUITE)).findings


class TestModel:
    def test_knows_a_night_that_is_an_hour_longer(self) -> None:
        quiet = (time(22), time(2, 30))
        berlin = Habits(zone="Europe/Berlin", quiet=quiet, choices={}, is_second=False)
        night = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
        assert end_of_quiet(berlin, night) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    def test_knows_a_morning_that_never_came(self) -> None:
        quiet = (time(22), time(2, 30))
        berlin = Habits(zone="Europe/Berlin", quiet=quiet, choices={}, is_second=False)
        night = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
        assert end_of_quiet(berlin, night) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
