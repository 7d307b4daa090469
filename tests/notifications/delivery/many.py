"""The randomised tests of this folder with as many seeds as one likes.

`python -m tests.notifications.delivery.many schedules|chaos|ladders COUNT [FIRST]` on SQLite, and
the same after `python -m tests.services run --` on MariaDB. It prints what was seen.
"""

import os
import sys
from pathlib import Path
from typing import Final

import pytest


HERE: Final = Path(__file__).parent
VARIABLE: Final = "PAIDAN_TEST_{}"
WHOLE: Final = {
    "schedules": "test_schedules.py::TestSchedules::test_start_nothing_after_an_act",
    "chaos": "test_chaos.py::TestChaos",
    "ladders": "test_model.py::TestLadders::test_tell_what_the_model_tells",
}


def seeds_of(name: str, in_suite: int) -> range:
    """Which seeds are wanted: in the suite the first few, by the script as many as it was told."""
    wanted = os.environ.get(VARIABLE.format(name.upper()))
    if wanted is None:
        return range(in_suite)
    count, _, first = wanted.partition(" ")
    return range(int(first or 0), int(first or 0) + int(count))


def tell(name: str, *seen: object) -> None:
    """Print what was seen, for whoever asked for many."""
    if VARIABLE.format(name.upper()) in os.environ:
        for each in seen:
            sys.stderr.write(f"{name}: {each}\n")


def main(name: str, count: str, first: str = "0") -> int:
    """Run that test with that many seeds."""
    os.environ[VARIABLE.format(name.upper())] = f"{int(count)} {int(first)}"
    return int(pytest.main(["-q", "-s", str(HERE / WHOLE[name])]))


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
