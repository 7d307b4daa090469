"""Starts an installation's own processes and ends them with their parent."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from core.environment import ROOT
from web.demo.tether import tethered


START_SECONDS = 180
STOP_SECONDS = 15
LOG_TAIL = 2000


class StartFailed(Exception):
    """A process ended, or did not answer, while it was being started."""


def is_free(port: int) -> bool:
    """Whether a server could listen on that loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def next_free_port(port: int) -> int:
    """Return `port`, or the next one above it that is free."""
    while not is_free(port):
        port += 1
    return port


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
        self.is_held = False
        """Whether it is to stay dead for a while."""
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = False

    @property
    def pid(self) -> int:
        """Process id of the running process.

        :raises StartFailed: when it was never started.
        """
        if self._process is None:
            raise StartFailed(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Run it; its output is appended to the log."""
        self._asked = False
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  our own command line
                tethered(self.command),
                cwd=ROOT,
                env=self.env,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the parent, which ends it in order
            )

    def kill(self) -> None:
        """End it without a chance to clean up, children included."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def terminate(self) -> None:
        """Ask it to end, once: a second signal would end it on the spot. `stop` waits for it."""
        if self.running and self._process is not None and not self._asked:
            self._asked = True
            self._process.terminate()

    def stop(self) -> None:
        """Ask it to end; after a bounded time, kill it."""
        if self._process is None or not self.running:
            return
        self.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_words(self) -> str:
        """The end of its log, for error messages."""
        return self.log.read_text(errors="replace")[-LOG_TAIL:] if self.log.exists() else ""

    def peak_bytes(self) -> int:
        """Most memory it ever held (peak RSS); 0 once it has ended."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return 0
        lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(lines[0].split()[1]) * 1024 if lines else 0


def manage(*arguments: str) -> list[str]:
    """Command line of a management command of this installation."""
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def wait_until_ready(child: Child, url: str) -> None:
    """Wait until `url` answers 200.

    :raises StartFailed: with the end of the log, when the child ends or the time is up.
    """
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and child.running:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise StartFailed(f"{child.name} did not start:\n{child.last_words()}")
