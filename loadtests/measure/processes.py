"""Start the servers under measurement, read their CPU and memory, and stop them for certain."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
# After `pid (comm)`: state is field 0, ppid 1, rss 21.
_PPID, _RSS = 1, 21
_SCHEDULED = 2


class ServerFailed(Exception):
    """A server under measurement ended or never became ready."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _stat_fields(pid: int) -> list[str]:
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    return text.rpartition(")")[2].split()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its children, to the nanosecond."""
    return sum(map(_cpu_clock, family(pid)))


def _cpu_clock(pid: int) -> float:
    """Read another process's CPU clock, ended threads included; `/proc` counts in 10 ms."""
    # The clock's number is made as <linux/posix-timers.h> says.
    return time.clock_gettime((~pid << 3) | _SCHEDULED)


def family(pid: int) -> dict[int, list[str]]:
    """Return the stat fields, by pid, of a process and of everything it started."""
    fields: dict[int, list[str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields[int(entry.name)] = _stat_fields(int(entry.name))
    members: dict[int, list[str]] = {}
    frontier = [pid]
    while frontier:
        current = frontier.pop()
        if current in fields:
            members[current] = fields[current]
            frontier += [child for child, row in fields.items() if int(row[_PPID]) == current]
    return members


@dataclass(frozen=True)
class Server:
    """One running server: its name, its process and where it logs."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def cpu_seconds(self) -> float:
        """User and system time of the process and its children."""
        return cpu_seconds(self.process.pid)

    def rss_mb(self) -> float:
        return sum(int(row[_RSS]) for row in family(self.process.pid).values()) * _PAGE_KB / 1024

    def tail(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = 60) -> None:
        """Wait for a condition.

        :raises ServerFailed: when the process ends first or the time is up.
        """
        end = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise ServerFailed(f"{self.name} ended: {self.tail()}")
            if time.monotonic() > end:
                raise ServerFailed(f"{self.name} is not ready after {seconds} s: {self.tail()}")
            time.sleep(0.05)

    def wait_for_port(self, port: int, *, seconds: float = 60) -> None:
        self.wait_until(lambda: accepts(port), seconds=seconds)


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def dies_with_us(command: Sequence[str]) -> list[str]:
    """Have the kernel end the command when this process dies, however it dies."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", *command] if setpriv else list(command)


@contextmanager
def server(
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run a server for the length of a `with` block, from the repository's root."""
    log = folder / f"{name}.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            dies_with_us(command),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )
    try:
        yield Server(name=name, process=process, log=log)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes], *, patience_seconds: float = 5) -> None:
    """Ask a process to end, then make it end; a drain is not what is measured here."""
    if process.poll() is not None:
        return
    children = _children(process.pid)
    process.terminate()
    try:
        process.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text(encoding="ascii").split()]
