"""What every question of loadtests/ understands on its command line."""

from pathlib import Path

import pytest

from loadtests.measure.options import chosen, command_line, folder


KNOWN = ("ours", "theirs", "textbook")


def asked(*arguments: str) -> list[str]:
    return chosen(KNOWN, command_line("speed", None, quick="less").parse_args(arguments))


def test_measures_all_unless_told_otherwise() -> None:
    assert asked("--quick") == list(KNOWN)


def test_measures_some_in_their_own_sequence() -> None:
    assert asked("--only", "textbook,ours") == ["ours", "textbook"]


def test_refuses_whom_it_does_not_know() -> None:
    with pytest.raises(SystemExit, match="nobody: there are ours, theirs, textbook"):
        asked("--only", "nobody")


def test_a_part_leaves_the_results_alone() -> None:
    assert folder(Path("results"), is_whole=True) == Path("results")
    assert folder(Path("results"), is_whole=False).is_absolute()
