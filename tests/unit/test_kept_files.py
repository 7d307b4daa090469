"""What several ask for at once for the first time is made once."""

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest

from core.kept_files import keep, kept


SEVERAL = 8


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "of its own" / "key"


def numbered() -> Callable[[], str]:
    numbers = count()
    return lambda: f"{next(numbers)} " * 40_000


def test_all_who_ask_at_once_get_the_same(file: Path) -> None:
    barrier = Barrier(SEVERAL)

    def ask(make: Callable[[], str]) -> str:
        barrier.wait()
        return kept(file, make)

    with ThreadPoolExecutor(SEVERAL) as threads:
        for _ in range(20):
            seen = set(threads.map(ask, [numbered()] * SEVERAL))
            assert seen == {file.read_text()}
            file.unlink()
    assert list(file.parent.iterdir()) == []


def test_what_is_kept_is_not_made_again(file: Path) -> None:
    make = numbered()
    assert kept(file, make) == kept(file, make)
    assert make().startswith("1 ")


def test_it_is_replaced_whole(file: Path) -> None:
    kept(file, numbered())
    keep(file, "another")
    assert kept(file, numbered()) == "another"
    assert list(file.parent.iterdir()) == [file]


def test_only_the_owner_may_read_it(file: Path) -> None:
    kept(file, numbered())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keep(file, "another")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
