"""A private hub for the suite: `manage.py serve` in a folder of its own, and its people."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from tests.conformance.world import Place
from tests.services.nursery import Process, begin
from tests.services.server import Server


ROOT = Path(__file__).parents[2]


class PrivateHub(Server):
    """One web process; embedded unless the environment names a database and a bus."""

    def __init__(self, server: str, *, module: str = "", **env: str) -> None:
        """Serve on `server`; `module` is a program that serves in the place of manage.py."""
        super().__init__()
        self.server = server
        self.program = ["-m", module] if module else [str(ROOT / "manage.py"), "serve"]
        self.env = {
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "PAIDAN_DATA_DIR": str(self.folder),
            "PAIDAN_PUBLIC_URL": self.url,
            "PAIDAN_SECRET_KEY": "conformance",
            "PAIDAN_DISPATCHER_INLINE": "1",
            "PAIDAN_SENDER_INLINE": "1",
            **env,
        }
        self.tokens: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Create tables and people."""
        made = subprocess.run(
            [sys.executable, "-m", "tests.conformance.people"],
            cwd=ROOT,
            env=os.environ | self.env,
            capture_output=True,
            check=True,
            text=True,
        )
        self.tokens = json.loads(made.stdout)

    def place(self, **more: Any) -> Place:
        """Where the suite works."""
        return Place(
            url=self.url,
            staff_token=self.tokens["staff"],
            courier_token=self.tokens["courier"],
            operator_token=self.tokens["operator"],
            terminate=self.terminate,
            **more,
        )

    def terminate(self) -> None:
        """Send SIGTERM, and do not wait."""
        if self._process is not None:
            self._process.terminate()

    def command(self) -> list[str]:
        return [sys.executable, *self._whole_program()]

    def _whole_program(self) -> list[str]:
        return [*self.program, "--server", self.server, "--port", str(self.port)]

    def _spawn(self, log: IO[bytes]) -> Process:
        return begin(self._whole_program(), os.environ | self.env, out=log.fileno())

    def greeted(self, connection: socket.socket) -> bool:
        """Ask whether it can serve."""
        connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        return b" 200 " in connection.recv(64)
