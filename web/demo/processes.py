"""Starts an installation's own processes and ends them with their parent."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from core.environment import ROOT


PR_SET_PDEATHSIG = 1
START_SECONDS = 60
STOP_SECONDS = 15


class StartFailed(Exception):
    """A process ended, or did not answer, while it was being started."""


def free_port() -> int:
    """Return a TCP port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """One process of the product, with its log in a file."""

    def __init__(
        self, name: str, command: list[str], *, env: Mapping[str, str], log: Path
    ) -> None:
        """Describe it; `start` runs it."""
        self.name = name
        self.command = command
        self.env = {**os.environ, **env}
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the running process."""
        if self._process is None:
            message = f"{self.name} is not running"
            raise StartFailed(message)
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Run it; its output is appended to the log."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  our own command line
                self.command,
                cwd=ROOT,
                env=self.env,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  the parent is single-threaded
            )

    def kill(self) -> None:
        """End it without a chance to clean up, children included."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end; after a bounded time, kill it."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_words(self) -> str:
        """The end of its log, for error messages."""
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    def resident_bytes(self) -> int:
        """Memory it holds now (RSS)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def manage(*arguments: str) -> list[str]:
    """Command line of a management command of this installation."""
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def wait_until_ready(child: Child, url: str) -> None:
    """Wait until `url` answers 200.

    :raises StartFailed: with the end of the log, when the child ends or the time is up.
    """
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if not child.running:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    message = f"{child.name} did not start:\n{child.last_words()}"
    raise StartFailed(message)
