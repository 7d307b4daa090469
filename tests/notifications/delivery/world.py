"""The outside world of a sender: a real sandbox, and real sender and worker processes."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from django.db import connection

from notifications.channels.vapid import generate_private_key, public_key
from notifications.circuits.gates import gates
from notifications.sandbox.server import RunningSandbox, SandboxOptions, start_in_thread
from tests.services.nursery import Process, begin


ROOT = Path(__file__).resolve().parents[3]
SECRET = "a shared secret"
VAPID_KEY = generate_private_key()
PATIENCE_SECONDS = 90
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Outside:
    """One running sandbox, spoken to as its operator does."""

    running: RunningSandbox

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PAIDAN_SANDBOX_URL": self.running.url,
            "PAIDAN_SANDBOX_SECRET": SECRET,
            "PAIDAN_VAPID_PRIVATE_KEY": VAPID_KEY,
        }

    def call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.running.url + path, data=data, method=method)) as answer:
            return json.loads(answer.read() or b"null")

    def device(self, *, vapid_public_key: str = "") -> Any:
        key = vapid_public_key or public_key(VAPID_KEY)
        wanted = {"label": "phone", "person": "Li", "vapid_public_key": key}
        return self.call("POST", "/push/devices", wanted)

    def app(self, kind: str, **more: object) -> Any:
        wanted = {"kind": kind, "app_id": "com.example.shop", "person": "Li", **more}
        return self.call("POST", "/apps", wanted)

    def app_screen(self, installed: Mapping[str, Any]) -> Any:
        return self.call("GET", f"/apps/{installed['device_id']}")

    def screen(self, device: Mapping[str, Any]) -> Any:
        return self.call("GET", f"/push/devices/{device['device_id']}")

    def fault(self, channel: str, mode: str, **more: object) -> None:
        self.call("POST", "/faults", {"channel": channel, "mode": mode, **more})

    def clear_faults(self) -> None:
        self.call("DELETE", "/faults")

    def count(self, channel: str) -> int:
        """How many requests the provider has recorded."""
        counted: int = self.call("GET", f"/ledger/{channel}?since=999999999")["recorded_count"]
        return counted

    def ledger(self, channel: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.call("GET", f"/ledger/{channel}")["entries"]
        return entries


@contextmanager
def running_outside() -> Iterator[Outside]:
    gates.forget()  # the services of apps have the same names in every test
    running = start_in_thread(
        "127.0.0.1",
        0,
        callback_secret=SECRET,
        options=SandboxOptions(receipt_delay_seconds=0.0, callback_backoff_seconds=0.02),
    )
    try:
        yield Outside(running)
    finally:
        running.stop()


def database_environment(folder: Path) -> dict[str, str]:
    """Point another process to this test's database."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        link = folder / "paidan.sqlite3"
        if not link.exists():
            link.symlink_to(settings["NAME"])
        return {"PAIDAN_DATA_DIR": str(folder), "DATABASE_URL": ""}
    address = f"{settings['HOST']}:{settings['PORT']}"
    return {
        "PAIDAN_DATA_DIR": str(folder),
        "DATABASE_URL": f"mysql://{settings['USER']}@{address}/{settings['NAME']}",
    }


@contextmanager
def process(command: list[str], environment: Mapping[str, str]) -> Iterator[Process]:
    """Run a process of the product; it is killed at the end of the block."""
    child = begin(command, {**os.environ, "PAIDAN_LOG_LEVEL": "WARNING", **environment})
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds()`, at most a minute and a half."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < give_up_at, "it did not happen"
        time.sleep(POLL_SECONDS)
