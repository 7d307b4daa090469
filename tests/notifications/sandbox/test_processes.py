"""The sandbox as a process and as a thread: starts, tells where, stops."""

import asyncio
import os
import signal
import socket
import sys
from io import StringIO
from pathlib import Path

import aiohttp
import pytest
from django.core.management import call_command

from notifications.channels.vapid import public_key
from notifications.sandbox.server import start_in_thread
from tests.notifications.running import SECRET


ROOT = Path(__file__).resolve().parents[3]


async def start_process(*arguments: str, **variables: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "django",
        "sandbox",
        *arguments,
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "core.settings",
            "PYTHONPATH": str(ROOT),
            **variables,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


class TestProcess:
    async def test_prints_its_address_and_ends_on_sigterm(self, tmp_path: Path) -> None:
        process = await start_process("--port", "0", "--state", str(tmp_path / "devices.json"))
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().strip()
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            assert response.status == 200
        process.send_signal(signal.SIGTERM)
        await process.communicate()
        assert process.returncode == 0

    async def test_refuses_production(self) -> None:
        process = await start_process(
            "--port", "0", PAIDAN_PRODUCTION="1", PAIDAN_SECRET_KEY="x" * 50
        )
        _, errors = await process.communicate()
        assert process.returncode == 1
        assert b"does not run in production" in errors


class TestThread:
    def test_frees_its_port_when_stopped(self) -> None:
        running = start_in_thread("127.0.0.1", 0, callback_secret=SECRET)
        port = int(running.url.rsplit(":", 1)[1])
        running.stop()
        running.stop()
        start_in_thread("127.0.0.1", port, callback_secret=SECRET).stop()

    def test_says_when_the_port_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="use"):
            start_in_thread("127.0.0.1", taken.getsockname()[1], callback_secret=SECRET)


class TestVapidCommand:
    def test_prints_two_settings(self) -> None:
        output = StringIO()
        call_command("vapid", subject="mailto:a@example.org", stdout=output)
        key, subject = output.getvalue().split()
        assert len(public_key(key.removeprefix("PAIDAN_VAPID_PRIVATE_KEY="))) == 87
        assert subject == "PAIDAN_VAPID_SUBJECT=mailto:a@example.org"
