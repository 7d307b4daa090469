"""A private server process: start, stop, kill, and start again on the same port and folder."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, Self

from tests.services.nursery import Process
from tests.services.ports import release_port, reserve_port
from tests.services.tether import tethered


START_SECONDS = 180.0
STOP_SECONDS = 90.0
_POLL_SECONDS = 0.02
_FOLDER_PREFIX = "paidan-services-"


class ServerDidNotStartError(RuntimeError):
    """The server ended, or stayed silent, while we waited for it; holds the end of its log."""


class Server(ABC):
    """One private server in its own temporary folder; use it as a context manager."""

    def __init__(self) -> None:
        _sweep_orphans()
        self.port = reserve_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-"))
        self._process: Process | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find the server."""

    @property
    def pid(self) -> int | None:
        """The process id while the server runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the server and wait until it answers.

        :raises ServerDidNotStartError: with the end of the log.
        """
        if self._process is not None:
            return
        with self.log_path.open("ab") as log:
            self._process = self._spawn(log)
        self._wait_until_ready(self._process)

    def stop(self) -> None:
        """Ask the server to end and wait until it has; `start` brings it back."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def signal(self, number: int) -> None:
        """Send the running server a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for a server that was told to end; return its exit status."""
        assert self._process is not None
        status = self._process.wait(seconds)
        self._process = None
        return status

    def kill(self) -> None:
        """End the server as a power cut would; `start` brings it back."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End the server for good and remove its folder; nothing in it is worth a clean end."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        release_port(self.port)

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @abstractmethod
    def prepare(self) -> None:
        """Lay out the folder before the first start."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command line of the server, in the foreground."""

    @abstractmethod
    def greeted(self, connection: socket.socket) -> bool:
        """Say whether the server answers as one that is ready."""

    @property
    def log_path(self) -> Path:
        """What it has printed."""
        return self.folder / "server.log"

    def _spawn(self, log: IO[bytes]) -> Process:
        return subprocess.Popen(
            tethered(self.command()),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the tests; they end first
        )

    def _wait_until_ready(self, process: Process) -> None:
        give_up_at = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up_at and process.poll() is None:
            if self._answers():
                return
            time.sleep(_POLL_SECONDS)
        self.kill()
        tail = self.log_path.read_text(errors="replace")[-2000:]
        message = f"{type(self).__name__} on port {self.port}: {tail}"
        raise ServerDidNotStartError(message)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return self.greeted(connection)
        except OSError:
            return False


def _sweep_orphans() -> None:
    """Remove the folders of test runs that were killed before they could do so."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(_FOLDER_PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)
