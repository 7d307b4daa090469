"""A whole installation on a free port: `manage.py serve`, its databases and the sandbox."""

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

from core.environment import ROOT
from notifications.sandbox.server import SandboxOptions, start_in_thread
from tests.services import MariaDB, Redis
from tests.services.server import Server


SECRET = "screens"
SANDBOX = SandboxOptions(receipt_delay_seconds=0.0, callback_backoff_seconds=0.05)


class Installation(Server):
    """The product as a stranger runs it: embedded, or with MariaDB and Redis in the full pass."""

    def __init__(self) -> None:
        super().__init__()
        self.town: dict[str, Any] = {}
        self._env: dict[str, str] = {}
        self._beside = ExitStack()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return self._env["PAIDAN_SANDBOX_URL"]

    def prepare(self) -> None:
        """Start what the installation needs and fill its database."""
        sandbox = start_in_thread("127.0.0.1", 0, callback_secret=SECRET, options=SANDBOX)
        self._beside.callback(sandbox.stop)
        self._env = {
            "PAIDAN_DATA_DIR": str(self.folder),
            "PAIDAN_PUBLIC_URL": self.url,
            "PAIDAN_SECRET_KEY": SECRET,
            "PAIDAN_SANDBOX_URL": sandbox.url,
            "PAIDAN_SANDBOX_SECRET": SECRET,
            "PAIDAN_DISPATCHER_INLINE": "1",
            "PAIDAN_SENDER_INLINE": "1",
            "PAIDAN_WEBHOOK_LOOPBACK": "1",
            "DATABASE_URL": self._beside.enter_context(MariaDB()).url
            if "DATABASE_URL" in os.environ
            else "",
            "REDIS_URL": self._beside.enter_context(Redis()).url
            if "REDIS_URL" in os.environ
            else "",
        }
        self._founder = self._beside.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "tests.screens.seed"],
                cwd=ROOT,
                env=os.environ | self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        self._beside.callback(self._founder.kill)
        self.town_count = 0
        self.found_town()

    def found_town(self) -> None:
        """Found a town that nothing has happened in yet; `town` says who and what is there."""
        assert self._founder.stdin is not None
        assert self._founder.stdout is not None
        self._founder.stdin.write("\n")
        self._founder.stdin.flush()
        self.town = json.loads(self._founder.stdout.readline())
        self.town_count += 1

    def run(self, module: str) -> str:
        """Run a module on the installation's databases; return what it prints."""
        ended = subprocess.run(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=os.environ | self._env,
            capture_output=True,
            check=False,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def complaints(self) -> str:
        """Return what its log says beside what goes as it should."""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if '"level": "info"' not in line)

    def command(self) -> list[str]:
        variables = [f"{name}={value}" for name, value in self._env.items()]
        serve = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", str(self.port)]
        return ["env", *variables, *serve]

    def greeted(self, connection: socket.socket) -> bool:
        """Ask whether it can serve."""
        connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        return b" 200 " in connection.recv(64)

    def close(self) -> None:
        super().close()
        self._beside.close()
