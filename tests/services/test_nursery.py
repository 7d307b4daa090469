"""A child of a nursery is a process like any other, but for how it came to be."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services.nursery import Born, Process, begin, found_nursery


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], list[str]]:
    """Return a function that writes a program, and says how to run it."""

    def write(text: str) -> list[str]:
        file = tmp_path / "program.py"
        file.write_text(text)
        return [str(file), "one", "two"]

    return write


def born(program: list[str], out: Path | None = None) -> Process:
    environment = {"PATH": os.environ["PATH"], "GREETING": "hello"}
    if out is None:
        return begin(program, environment)
    with out.open("wb") as file:
        return begin(program, environment, out=file.fileno())


class TestChild:
    def test_has_arguments_environment_and_output_of_its_own(
        self, program: Callable[[str], list[str]], tmp_path: Path
    ) -> None:
        asks = (
            "import os, sys\n"
            "print(__name__, sys.argv[1:], dict(os.environ)['GREETING'], len(os.environ))\n"
            "print(os.getpid() == os.getsid(0))"
        )
        child = born(program(asks), tmp_path / "out")
        assert isinstance(child, Born)
        assert child.wait(90) == 0
        said = (tmp_path / "out").read_text().splitlines()
        assert said == ["__main__ ['one', 'two'] hello 2", "True"]

    @pytest.mark.parametrize(
        ("text", "status"),
        [("raise SystemExit(3)", 3), ("raise ValueError", 1), ("", 0)],
        ids=["its own", "an error", "none"],
    )
    def test_ends_with_a_status(
        self, program: Callable[[str], list[str]], text: str, status: int
    ) -> None:
        child = born(program(text))
        assert child.wait(90) == status
        assert child.poll() == child.returncode == status

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
    def test_ends_with_a_signal(
        self, program: Callable[[str], list[str]], number: signal.Signals
    ) -> None:
        child = born(program("import signal\nwhile True: signal.pause()"))
        assert child.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.01)
        child.send_signal(number)
        assert child.wait(90) == -number
        child.kill()

    def test_is_ended_while_another_thread_waits_for_it(
        self, program: Callable[[str], list[str]]
    ) -> None:
        child = born(program("import signal\nwhile True: signal.pause()"))
        statuses: list[int] = []
        waiting = threading.Thread(target=lambda: statuses.append(child.wait()), daemon=True)
        waiting.start()
        while waiting.is_alive():
            child.kill()
            waiting.join(0.05)
        assert statuses == [-signal.SIGKILL]

    def test_cannot_be_born_in_a_thread_that_may_end(self) -> None:
        found: list[object] = []
        thread = threading.Thread(
            target=lambda: found.append(found_nursery("tests.services.libraries"))
        )
        thread.start()
        thread.join()
        assert found == [None]
