"""What a client makes of frames."""

from datetime import UTC, datetime
from typing import Any

from realtime.client_views import KEEP_ON_BOARD, Outcome, TopicView
from realtime.protocol import EventBody, Snap, SnapRow


NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
OPEN = {"open": True, "ended_at": None}


def view(topic: str = "merchant:1", **rows: dict[str, Any]) -> TopicView:
    fresh = TopicView(topic)
    found = tuple(SnapRow(key=key, ver=1, d=data) for key, data in rows.items())
    fresh.take_snapshot(Snap(topic=topic, epoch="k3", seq=10, part=1, last=True, rows=found))
    return fresh


def event(seq: int, *, previous: int | None = None, version: int = 2, **data: Any) -> EventBody:
    return EventBody(
        topic="merchant:1",
        p=seq - 1 if previous is None else previous,
        seq=seq,
        key="a",
        ver=version,
        type="t",
        at="",
        actor={},
        d=OPEN | data,
    )


class TestTopicView:
    def test_applies_the_next_event(self) -> None:
        board = view(a=OPEN)
        assert board.apply(event(11, text="new")) is Outcome.APPLIED
        assert (board.seq, board.rows["a"].data["text"]) == (11, "new")

    def test_keeps_a_newer_row(self) -> None:
        board = view(a=OPEN)
        board.apply(event(11, version=1, text="old"))
        assert (board.seq, "text" in board.rows["a"].data) == (11, False)

    def test_sees_a_repetition(self) -> None:
        assert view().apply(event(10)) is Outcome.REPEATED

    def test_sees_a_gap(self) -> None:
        board = view()
        assert board.apply(event(12)) is Outcome.GAP
        assert board.seq == 10

    def test_accepts_what_was_coalesced(self) -> None:
        assert view().apply(event(15, previous=10)) is Outcome.APPLIED

    def test_drops_what_has_left_an_inbox(self) -> None:
        inbox = view("user:1", a=OPEN)
        inbox.apply(event(11, open=False))
        assert inbox.rows == {}

    def test_shows_what_has_ended_for_a_while(self) -> None:
        board = view(a={"open": False, "ended_at": NOW.isoformat()})
        assert board.rows_at(NOW + KEEP_ON_BOARD / 2)
        assert not board.rows_at(NOW + KEEP_ON_BOARD)
