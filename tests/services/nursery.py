"""Processes that are born ready: forked from one that has imported what all of them need.

Starting Python and importing what a web node consists of takes two seconds of CPU, and the suite
starts hundreds. A nursery does it once; a child takes its environment, output and arguments from
who asked for it, and is then a process like any other: it dies with the nursery, which dies with
the tests.
"""

import atexit
import gc
import importlib
import json
import os
import resource
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.services.tether import tethered, tie_to


ROOT = Path(__file__).resolve().parents[2]

_NUMBER = struct.Struct("i")
_MOST_BYTES = 2**17


class Born:
    """A child of a nursery; speaks as `subprocess.Popen` does."""

    def __init__(self, line: int) -> None:
        """Hear on `line` its process id, and later how it ended."""
        self._line = line
        self._guard = threading.Lock()
        self.returncode: int | None = None
        self.pid = self._hear()

    def poll(self) -> int | None:
        """Return how it ended, if it has."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended.

        :raises subprocess.TimeoutExpired: it goes on.
        """
        status = self._look(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        """Hear no more of it."""
        os.close(self._line)

    def _look(self, seconds: float | None) -> int | None:
        # Nobody holds the guard while they wait: another thread may be about to end it.
        if self.returncode is None and select.select([self._line], [], [], seconds)[0]:
            with self._guard:
                if self.returncode is None:
                    self.returncode = self._hear()
        return self.returncode

    def _hear(self) -> int:
        said = os.read(self._line, _NUMBER.size)
        # A nursery that is gone has taken its children along.
        return int(_NUMBER.unpack(said)[0]) if said else -signal.SIGKILL


class Nursery:
    """This process's end of a nursery."""

    def __init__(self, prepared_by: str) -> None:
        """Start one, which calls `prepare()` of the module `prepared_by`."""
        self.environment = environment_now()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        number = theirs.fileno()
        command = [sys.executable, "-W", "ignore", "-m", __name__, str(number), prepared_by]
        with theirs:
            self._process = subprocess.Popen(
                tethered(command),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                pass_fds=[number],
                start_new_session=True,  # Ctrl-C is for the tests
            )
        self._line = ours
        atexit.register(self._leave)

    def bear(self, program: Sequence[str], *, environment: Mapping[str, str], out: int) -> Born:
        """Run `-m MODULE ...` or `FILE ...` of ours; what it prints goes to `out`."""
        wish = {
            "program": list(program),
            "environment": dict(environment),
            "files": resource.getrlimit(resource.RLIMIT_NOFILE),
        }
        heard, said = os.pipe()
        try:
            socket.send_fds(self._line, [json.dumps(wish).encode()], [out, said])
        finally:
            os.close(said)
        return Born(heard)

    def _leave(self) -> None:
        self._line.close()
        self._process.wait()


Process = subprocess.Popen[bytes] | Born


def begin(
    program: Sequence[str], environment: Mapping[str, str], *, out: int | None = None
) -> Process:
    """Run `-m MODULE ...` or `FILE ...` of ours, with this whole environment.

    What it prints goes to `out`, or nowhere.
    """
    with Path(os.devnull).open("wb") as nowhere:
        out = nowhere.fileno() if out is None else out
        if (found := found_nursery("tests.services.libraries")) is not None:
            return found.bear(program, environment=environment, out=out)
        command = tethered([sys.executable, "-W", "ignore", *program])
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def found_nursery(prepared_by: str) -> Nursery | None:
    """Return the nursery that the module prepares; nothing in another thread than the main one.

    The kernel ends a nursery with the thread that started it.
    """
    is_main = threading.current_thread() is threading.main_thread()
    return nursery(prepared_by) if is_main else None


@cache
def nursery(prepared_by: str) -> Nursery:
    """Return the nursery of this process that the module `prepared_by` prepares."""
    return Nursery(prepared_by)


def environment_now() -> dict[str, str]:
    """Return what this process has in its environment, without what changes with every test."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@dataclass
class _Ward:
    """The nursery itself: one thread that forks, and tells how its children ended."""

    line: socket.socket
    children: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By pidfd: process id, and where to say how it ended."""

    def attend(self) -> Callable[[], None] | None:
        """Serve until nobody asks any more; in a child return what it is to do."""
        while True:
            line = self.line.fileno()
            for ready in select.select([line, *self.children], [], [])[0]:
                if ready != line:
                    self._bury(ready)
                    continue
                wish, files, _, _ = socket.recv_fds(self.line, _MOST_BYTES, 2)
                if not wish:
                    return None
                if (duty := self._fork(json.loads(wish), *files)) is not None:
                    return duty

    def _fork(self, wish: dict[str, object], out: int, said: int) -> Callable[[], None] | None:
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            tie_to(parent)
            self._forget(said)
            _become(wish, out)
            return lambda: _run(wish["program"])  # type: ignore[arg-type]
        os.write(said, _NUMBER.pack(pid))
        os.close(out)
        self.children[os.pidfd_open(pid)] = (pid, said)
        return None

    def _bury(self, pidfd: int) -> None:
        pid, said = self.children.pop(pidfd)
        os.close(pidfd)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with suppress(BrokenPipeError):  # whoever asked no longer wants to know
            os.write(said, _NUMBER.pack(status))
        os.close(said)

    def _forget(self, said: int) -> None:
        """Close what is the nursery's."""
        self.line.close()
        os.close(said)
        for pidfd, (_, other) in self.children.items():
            os.close(pidfd)
            os.close(other)


def _become(wish: dict[str, object], out: int) -> None:
    """Take over what the one who asked has given."""
    os.setsid()
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(out)
    os.environ.clear()
    os.environ.update(wish["environment"])  # type: ignore[call-overload]
    resource.setrlimit(resource.RLIMIT_NOFILE, tuple(wish["files"]))  # type: ignore[arg-type]


def _run(program: Sequence[str]) -> None:
    """Be the program, as `python PROGRAM` would be."""
    if program[0] == "-m":
        sys.argv = list(program[1:])
        runpy.run_module(program[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(program)
        runpy.run_path(program[0], run_name="__main__")


def main(line: str, prepared_by: str) -> None:
    """Prepare, serve, and in a child be what was asked for."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    importlib.import_module(prepared_by).prepare()
    assert threading.active_count() == 1
    assert "twisted.internet.reactor" not in sys.modules  # it would be everybody's
    gc.collect()
    gc.freeze()
    duty = _Ward(socket.socket(fileno=int(line))).attend()
    if duty is not None:
        duty()


if __name__ == "__main__":
    main(*sys.argv[1:])
