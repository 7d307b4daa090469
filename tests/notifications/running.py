"""A sandbox on a real port, and the few questions that tests ask of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from notifications.channels.lines import Lines
from notifications.channels.vapid import generate_private_key, public_key
from notifications.sandbox.server import RunningSandbox, SandboxOptions, start_in_thread


SECRET = "a shared secret"
VAPID_KEY = generate_private_key()
VAPID_SUBJECT = "mailto:operations@example.org"
POLL_SECONDS = 0.02
PATIENCE_SECONDS = 90

QUICK = SandboxOptions(receipt_delay_seconds=0.0, callback_backoff_seconds=0.02)


@dataclass(frozen=True, slots=True)
class SandboxClient:
    """Speaks to one running sandbox as its operator does."""

    running: RunningSandbox
    session: aiohttp.ClientSession
    lines: Lines

    @property
    def url(self) -> str:
        return self.running.url

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return the status and the JSON of an answer, if it has any."""
        async with self.session.request(method, self.url + path, json=body) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else None

    async def device(self, *, vapid_private_key: str = VAPID_KEY, phone: str = "") -> Any:
        """Let a new device subscribe; return its subscription and id."""
        wanted = {
            "label": "Li's phone",
            "person": "Li",
            "phone": phone,
            "vapid_public_key": public_key(vapid_private_key),
        }
        status, subscription = await self.call("POST", "/push/devices", wanted)
        assert status == 201
        return subscription

    async def app(self, kind: str, **more: object) -> Any:
        """Let an app be installed on a phone; return its id, token and the rest."""
        wanted = {"kind": kind, "app_id": "com.example.shop", "person": "Li", **more}
        status, installed = await self.call("POST", "/apps", wanted)
        assert status == 201
        return installed

    async def app_screen(self, installed: Any) -> Any:
        _, shown = await self.call("GET", f"/apps/{installed['device_id']}")
        return shown

    async def screen(self, subscription: Any) -> Any:
        _, shown = await self.call("GET", f"/push/devices/{subscription['device_id']}")
        return shown

    async def fault(self, channel: str, mode: str, **more: object) -> None:
        fault = {"channel": channel, "mode": mode, **more}
        status, _ = await self.call("POST", "/faults", fault)
        assert status == 201

    async def ledger(self, channel: str) -> Any:
        _, ledger = await self.call("GET", f"/ledger/{channel}")
        return ledger["entries"]


@asynccontextmanager
async def opened_lines() -> AsyncIterator[Lines]:
    lines = Lines(tls=ssl.create_default_context(), limit=10)
    try:
        yield lines
    finally:
        await lines.close()


@asynccontextmanager
async def running_sandbox(options: SandboxOptions = QUICK) -> AsyncIterator[SandboxClient]:
    """Run a sandbox on a free port for the length of the block."""
    running = start_in_thread("127.0.0.1", 0, callback_secret=SECRET, options=options)
    try:
        async with aiohttp.ClientSession() as session, opened_lines() as lines:
            yield SandboxClient(running, session, lines)
    finally:
        running.stop()


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until ``holds()``, at most ten seconds."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110  the condition changes in other threads
            await asyncio.sleep(POLL_SECONDS)
