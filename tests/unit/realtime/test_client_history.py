"""The judge of histories: it must find every way in which a log can be wrong."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from realtime.client_history import (
    Line,
    check_log,
    check_stream,
    compare_rows,
    line_of_body,
    line_of_step,
)
from realtime.client_views import Applied, Row


def start(seq: int = 0, *, epoch: str = "k3", previous: int = 0) -> Applied:
    return Applied(epoch=epoch, previous=previous, seq=seq)


def step(seq: int, *, key: str = "a", previous: int | None = None, crit: bool = False) -> Applied:
    return Applied(
        epoch="k3",
        previous=seq - 1 if previous is None else previous,
        seq=seq,
        key=key,
        version=seq,
        type="t",
        receipt="r_1" if crit else None,
        data={"text": str(seq)},
    )


def committed(*steps: Applied) -> list[Line]:
    return [line_of_step(each) for each in steps]


ALL = committed(step(1), step(2), step(3))


def problems(*log: Applied, lines: Sequence[Line] = ALL, head: int | None = 3) -> list[str]:
    return check_log(log, lines, head=head).problems


class TestCheckLog:
    def test_praises_what_is_whole(self) -> None:
        assert problems(start(), step(1), step(2), step(3)) == []

    def test_takes_a_log_that_begins_later(self) -> None:
        assert problems(start(2), step(3)) == []

    def test_takes_a_log_that_resumed(self) -> None:
        assert problems(step(2), step(3)) == []

    def test_takes_a_snapshot_instead_of_events(self) -> None:
        verdict = check_log([start(), step(1), start(3, previous=1)], ALL, head=3)
        assert (verdict.problems, verdict.snapshot_count) == ([], 2)

    @pytest.mark.parametrize(
        "log",
        [
            [],
            [start(), step(1), step(3)],
            [start(), step(1), step(3, previous=1)],
            [start(), step(1), step(2)],
            [start(), step(1), step(1), step(2), step(3)],
            [start(), step(2, previous=0), step(1), step(3)],
            [start(), step(1), step(2), step(3), start(1)],
            [start(), step(1), replace(step(2), data={"text": "else"}), step(3)],
            [start(), step(1), replace(step(2), version=9), step(3)],
            [start(), step(1), replace(step(2), key="b"), step(3)],
            [start(), step(1), step(2), step(3), step(4)],
        ],
        ids=[
            "empty",
            "gap",
            "skipped what nothing newer covers",
            "ends early",
            "twice",
            "out of order",
            "back by a snapshot",
            "another text",
            "another version",
            "another thing",
            "never committed",
        ],
    )
    def test_finds_what_is_wrong(self, log: list[Applied]) -> None:
        lines = committed(step(1), step(2, key="c"), step(3))
        mended = [replace(each, key="c") if each == step(2) else each for each in log]
        assert problems(*mended, lines=lines) != []

    def test_spares_what_something_newer_covers(self) -> None:
        verdict = check_log([start(), step(3, previous=0)], ALL, head=3)
        assert (verdict.problems, verdict.spared_count) == ([], 2)

    def test_never_spares_a_critical_event(self) -> None:
        lines = committed(step(1), step(2, crit=True), step(3))
        assert problems(start(), step(1), step(3, previous=1), lines=lines) != []


class TestCheckStream:
    def test_praises_a_gapless_one(self) -> None:
        assert check_stream(ALL) == []

    def test_finds_a_gap(self) -> None:
        assert check_stream([ALL[0], ALL[2]]) == ["the stream goes from 1 to 3"]

    def test_finds_a_version_that_falls(self) -> None:
        assert len(check_stream([ALL[0], ALL[1], replace(ALL[2], version=1)])) == 1


class TestLineOfBody:
    def test_equals_the_line_of_what_a_client_applied(self) -> None:
        body = '{"seq":2,"key":"a","ver":2,"type":"t","at":"","actor":{},"d":{"text":"2"}}'
        assert line_of_body(body) == line_of_step(step(2))


class TestCompareRows:
    def test_says_nothing_of_equal_ones(self) -> None:
        assert compare_rows({"a": Row(1, {"x": 1})}, {"a": Row(1, {"x": 1})}) == ""

    @pytest.mark.parametrize(
        "fresh",
        [
            {},
            {"a": Row(2, {"x": 1})},
            {"a": Row(1, {"x": 2})},
            {"a": Row(1, {"x": 1}), "b": Row(1, {})},
        ],
        ids=["gone", "newer", "another member", "one more"],
    )
    def test_names_the_difference(self, fresh: dict[str, Row]) -> None:
        assert compare_rows({"a": Row(1, {"x": 1})}, fresh) != ""
