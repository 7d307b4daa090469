"""Old rows go, and a client that resumes is told the truth about what is left."""

from datetime import UTC, datetime, timedelta

import pytest

from core.deadlines.loop import fire_due
from core.deadlines.models import Deadline, FiredDeadline
from core.events import retention
from core.events.heads import get_bounds
from core.events.models import Stream, StreamEntry
from core.events.queries import get_entries
from core.events.retention import ensure_retention, remove_entries
from core.gate.models import CommandKey
from core.identifiers import new_id
from tests.dispatch import scene


NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
pytestmark = pytest.mark.django_db


def stream(topic: str, ages: list[timedelta]) -> None:
    """Write a stream whose entries have these ages."""
    Stream.objects.create(topic=topic, head=len(ages))
    for seq, age in enumerate(ages, start=1):
        StreamEntry.objects.create(topic=topic, seq=seq, body="{}", created_at=NOW - age)


class TestEntries:
    def test_older_than_a_day_are_removed_and_the_floor_rises(self) -> None:
        stream("order:a", [2 * DAY, 2 * DAY, DAY / 2])
        assert remove_entries(before=NOW - DAY) == 2
        row = Stream.objects.get()
        assert (row.floor, row.head) == (2, 3)
        assert list(StreamEntry.objects.values_list("seq", flat=True)) == [3]

    def test_below_the_floor_cannot_be_resumed(self) -> None:
        stream("order:a", [2 * DAY, 2 * DAY, DAY / 2])
        remove_entries(before=NOW - DAY)
        assert get_bounds(["order:a"]) == {"order:a": (3, 2)}

    def test_from_the_floor_on_can_be_resumed(self) -> None:
        stream("order:a", [2 * DAY, 2 * DAY, DAY / 2])
        remove_entries(before=NOW - DAY)
        assert [entry.seq for entry in get_entries("order:a", after=2)] == [3]

    def test_leave_no_hole_when_times_are_out_of_order(self) -> None:
        stream("order:a", [DAY / 2, 2 * DAY, DAY / 2])
        remove_entries(before=NOW - DAY)
        assert list(StreamEntry.objects.values_list("seq", flat=True)) == [3]

    def test_a_topic_wholly_removed_keeps_its_head(self) -> None:
        stream("order:a", [2 * DAY])
        remove_entries(before=NOW - DAY)
        assert get_bounds(["order:a"]) == {"order:a": (1, 1)}


class TestJob:
    def test_is_promised_once(self) -> None:
        ensure_retention(now=NOW)
        ensure_retention(now=NOW + timedelta(minutes=1))
        assert Deadline.objects.get().due_at == NOW

    def test_sets_itself_again(self) -> None:
        ensure_retention(now=NOW)
        fire_due(now=NOW)
        assert Deadline.objects.get().due_at == NOW + timedelta(minutes=10)

    def test_comes_back_soon_while_there_is_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retention, "BATCH", 2)
        stream("order:a", [2 * DAY] * 5)
        ensure_retention(now=NOW)
        for seconds in range(3):
            fire_due(now=NOW + timedelta(seconds=seconds))
        assert not StreamEntry.objects.exists()
        assert Deadline.objects.get().due_at == NOW + timedelta(seconds=2, minutes=10)

    def test_forgets_old_answers_and_old_firings(self) -> None:
        for age in (2 * DAY, DAY / 2):
            CommandKey.objects.create(
                person=scene.person(), key="k", fingerprint="f", created_at=NOW - age
            )
        for age in (8 * DAY, DAY):
            moment = NOW - age
            FiredDeadline.objects.create(
                deadline_id=1, kind="test", subject=new_id(), due_at=moment, fired_at=moment
            )
        ensure_retention(now=NOW)
        fire_due(now=NOW)
        assert CommandKey.objects.count() == 1
        assert FiredDeadline.objects.filter(kind="test").count() == 1
