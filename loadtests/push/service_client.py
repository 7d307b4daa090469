"""Start the push service with an authority of its own, and speak to it."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from loadtests.measure.processes import PYTHON, Server, free_port, server
from tests.services.authority import Authority, make_authority


@dataclass(frozen=True)
class PushService:
    """A push service in a process of its own."""

    server: Server
    url: str
    authority: Authority
    subscriptions: Path
    """What its devices' browsers would give, as JSON."""

    def received_count(self) -> int:
        """How many pushes came since the last verdict."""
        count: int = self._call("GET", "/")["received"]
        return count

    def verdict(self) -> dict[str, Any]:
        """Verify every push since the last verdict."""
        found: dict[str, Any] = self._call("POST", "/verdict")
        return found

    def _call(self, method: str, path: str) -> Any:
        tls = ssl.create_default_context(cafile=self.authority.ca_file)
        with urlopen(Request(self.url + path, method=method), context=tls) as answer:
            return json.loads(answer.read())


@contextmanager
def push_service(folder: Path, *, devices: int, answer_ms: float) -> Iterator[PushService]:
    port, authority = free_port(), make_authority(folder)
    command = [
        *(PYTHON, "-m", "loadtests.push.service", str(port), str(authority.certificate)),
        *(str(devices), str(answer_ms)),
    ]
    with server("push-service", command, folder=folder) as process:
        process.wait_for_port(port)
        url, file = f"https://127.0.0.1:{port}", folder / "subscriptions.json"
        running = PushService(process, url, authority, file)
        file.write_text(json.dumps(running._call("GET", "/devices")), encoding="utf-8")  # noqa: SLF001  the same module
        yield running
