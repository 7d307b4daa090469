"""Busy mode, and pauses until a time or the next opening."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from core.deadlines.loop import fire_due
from core.deadlines.models import Deadline
from core.errors import Invalid
from core.gate.run import ValidationFailed
from core.merchants.gateway import NoOpeningHours
from core.merchants.models import Merchant, OpeningHours
from core.orders.quotes import open_quote
from tests.builders import START, Scene, act, make_scene, make_sealed_quote


MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def say(scene: Scene, name: str, *, now: datetime = START, **arguments: Any) -> Merchant:
    """Let the shop's staff give a command about it."""
    act(f"merchant.{name}", by=scene.staff, on=scene.merchant.pk, now=now, **arguments)
    scene.merchant.refresh_from_db()
    return scene.merchant


class TestBusy:
    def test_shows_in_quotes_and_moves_the_promises(self, scene: Scene) -> None:
        usual = open_quote(make_sealed_quote(scene.merchant), now=START)
        say(scene, "set_busy", minutes=15)
        rushed = open_quote(make_sealed_quote(scene.merchant), now=START)
        assert rushed.promised_minutes == usual.promised_minutes + 15
        assert rushed.busy_minutes == 15
        order = scene.place()
        ready_at = START + (scene.merchant.preparation_minutes + 15) * MINUTE
        assert order.promised_ready_at == ready_at
        scene.act("accept", "staff")
        assert scene.reload().promised_ready_at == ready_at

    def test_ends_by_itself(self, scene: Scene) -> None:
        say(scene, "set_busy", minutes=15, for_minutes=30)
        end = START + 30 * MINUTE
        assert scene.merchant.busy_minutes_at(end - MINUTE) == 15
        assert scene.merchant.busy_minutes_at(end) == 0
        fire_due(now=end)
        scene.merchant.refresh_from_db()
        assert (scene.merchant.busy_minutes, scene.merchant.busy_until) == (0, None)

    def test_lasts_until_it_is_ended(self, scene: Scene) -> None:
        say(scene, "set_busy", minutes=15, for_minutes=30)
        say(scene, "set_busy", minutes=20)
        fire_due(now=START + 60 * MINUTE)
        scene.merchant.refresh_from_db()
        assert scene.merchant.busy_minutes == 20
        version = scene.merchant.version
        assert say(scene, "end_busy").busy_minutes == 0
        assert say(scene, "end_busy").version == version + 1
        assert not Deadline.objects.exists()

    def test_is_over_for_what_is_ordered_for_later(self, scene: Scene) -> None:
        say(scene, "set_busy", minutes=15, for_minutes=30)
        later = START + 120 * MINUTE
        order = scene.place(extra={"release_at": later.isoformat()})
        usual = later + scene.merchant.preparation_minutes * MINUTE
        assert order.promised_ready_at == usual

    def test_leaves_running_orders_as_promised(self, scene: Scene) -> None:
        order = scene.bring_to("accepted")
        say(scene, "set_busy", minutes=15)
        assert scene.reload().promised_at == order.promised_at

    @pytest.mark.parametrize("wrong", [{}, {"minutes": 4}, {"minutes": 61}, {"minutes": "x"}])
    def test_is_so_many_minutes(self, scene: Scene, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationFailed):
            say(scene, "set_busy", **wrong)


class TestPauseUntil:
    def test_ends_at_the_time(self, scene: Scene) -> None:
        until = START + 100 * MINUTE
        assert say(scene, "pause", until=until.isoformat()).paused_until == until
        fire_due(now=until)
        scene.merchant.refresh_from_db()
        assert scene.merchant.paused_until is None

    def test_ends_with_the_next_opening(self, scene: Scene) -> None:
        OpeningHours.objects.create(
            merchant=scene.merchant, weekday=0, opens_at=time(10), closes_at=time(22)
        )
        OpeningHours.objects.create(
            merchant=scene.merchant, weekday=1, opens_at=time(9, 30), closes_at=time(22)
        )
        opening = datetime(2026, 3, 3, 1, 30, tzinfo=UTC)
        assert say(scene, "pause", until_opening=True).paused_until == opening

    def test_needs_hours_for_that(self, scene: Scene) -> None:
        with pytest.raises(NoOpeningHours):
            say(scene, "pause", until_opening=True)

    def test_is_half_an_hour_unless_told(self, scene: Scene) -> None:
        assert say(scene, "pause").paused_until == START + 30 * MINUTE

    @pytest.mark.parametrize("minutes", [0, -5, 7 * 24 * 60 + 1])
    def test_ends_within_the_next_week(self, scene: Scene, minutes: int) -> None:
        with pytest.raises(Invalid):
            say(scene, "pause", until=(START + minutes * MINUTE).isoformat())

    def test_says_one_thing_only(self, scene: Scene) -> None:
        with pytest.raises(ValidationFailed):
            say(scene, "pause", minutes=10, until_opening=True)
