"""Whether a position can be recovered."""

import pytest

from realtime.protocol import Position
from realtime.resume import REPLAY_LIMIT, Recovered, SnapshotNeeded, Stretch, resume


STRETCH = Stretch(epoch="k3", head=1820, floor=1800)


class TestResume:
    @pytest.mark.parametrize("seq", [1800, 1801, 1819, 1820])
    def test_recovers_from_the_floor_to_the_head(self, seq: int) -> None:
        assert resume(Position(epoch="k3", seq=seq), STRETCH) == Recovered(seq)

    @pytest.mark.parametrize(
        ("since", "reason"),
        [
            (None, "asked"),
            (Position(epoch="k2", seq=1810), "other epoch"),
            (Position(epoch="k3", seq=1821), "future"),
            (Position(epoch="k3", seq=1799), "removed"),
        ],
    )
    def test_needs_a_snapshot_otherwise(self, since: Position | None, reason: str) -> None:
        assert resume(since, STRETCH) == SnapshotNeeded(reason)

    def test_needs_a_snapshot_when_a_replay_would_be_longer(self) -> None:
        stretch = Stretch(epoch="k3", head=REPLAY_LIMIT + 1, floor=0)
        assert resume(Position(epoch="k3", seq=0), stretch) == SnapshotNeeded("too far behind")
