"""One installation of the product for a demonstration: its data, its outside, its processes."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.clock import Clock, clock_in, start_clock
from core.environment import ROOT, environment
from notifications.channels.vapid import generate_private_key
from notifications.sandbox.server import RunningSandbox, SandboxOptions, start_in_thread
from web.demo.processes import (
    Child,
    StartFailed,
    manage,
    next_free_port,
    wait_until_ready,
)
from web.demo.seed import SeededCity
from web.demo.tether import tethered


HOST = "127.0.0.1"
SEED_SECONDS = 600
CELERY = (
    "worker",
    "--pool=threads",
    "--concurrency=2",
    "--loglevel=warning",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to install."""

    port: int
    speed: float
    server: str
    reset: bool
    matching: str = "optimise"
    """How its zone chooses couriers: a value of `dispatch.policy.Matching`."""
    apart: bool = False
    """Whether the dispatcher is a process of its own even in the embedded set-up, so that
    visitors can kill it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A running one."""

    base_url: str
    sandbox_url: str
    city: SeededCity
    clock_file: Path
    control: socket.socket
    """Listens for what the web process passes on from visitors; `control_path` is its secret."""
    control_path: str
    children: tuple[Child, ...]
    env: dict[str, str]

    @property
    def clock(self) -> Clock:
        """The clock as it runs now."""
        return clock_in(self.clock_file)

    def child(self, name: str) -> Child | None:
        """The process of that name, if it is one of its own here."""
        return next((child for child in self.children if child.name == name), None)

    @property
    def server(self) -> Child:
        """The web process."""
        return self.children[0]

    @property
    def failed(self) -> Child | None:
        """A process that has ended by itself, if any."""
        return next((child for child in self.children if not child.running), None)


@contextmanager
def installed(wish: Wish) -> Iterator[Installation]:
    """Prepare everything and start it; end it all in the end.

    :raises StartFailed: when the database is not ours, or a process does not start.
    """
    port = next_free_port(wish.port)
    # A folder per port, so that two demonstrations do not meet.
    folder = environment().data_dir / "demo" / str(port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    secret = secrets.token_urlsafe(32)
    start_clock(folder / "clock", Clock(speed=wish.speed, origin=time.time()))
    with ExitStack() as beside:
        control = beside.enter_context(socket.create_server((HOST, 0)))
        bus = beside.enter_context(tempfile.TemporaryDirectory(prefix="paidan-"))
        base_url = f"http://{HOST}:{port}"
        sandbox = _start_sandbox(base_url, secret)
        beside.callback(sandbox.stop)
        env = _environment(folder, base_url, sandbox.url, secret)
        control_path = f"/{secrets.token_urlsafe(24)}"
        env["PAIDAN_DEMO_CONTROL"] = f"http://{HOST}:{control.getsockname()[1]}{control_path}"
        env["PAIDAN_BUS_DIR"] = bus
        env |= {"PAIDAN_DISPATCHER_INLINE": "0"} if wish.apart else {}
        children = _describe(port, wish, env, folder)
        beside.callback(_end, children)
        city = _seed(env, wish)
        for child in children:
            child.start()
        wait_until_ready(children[0], f"{base_url}/readyz")
        yield Installation(
            base_url=base_url,
            sandbox_url=sandbox.url,
            city=city,
            clock_file=folder / "clock",
            control=control,
            control_path=control_path,
            children=children,
            env=env,
        )


def _end(children: tuple[Child, ...]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        child.stop()


def _start_sandbox(base_url: str, secret: str) -> RunningSandbox:
    options = SandboxOptions(
        sms_receipt_url=f"{base_url}/api/v1/sms/sandbox/receipts",
        call_receipt_url=f"{base_url}/api/v1/calls/sandbox/receipts",
        receipt_delay_seconds=0.2,
    )
    return start_in_thread(HOST, 0, callback_secret=secret, options=options)


def _environment(folder: Path, base_url: str, sandbox_url: str, secret: str) -> dict[str, str]:
    return {
        "PAIDAN_DATA_DIR": str(folder),
        "PAIDAN_DEMO": "1",
        "PAIDAN_PRODUCTION": "0",
        "PAIDAN_TRAVEL": "streets",
        "PAIDAN_PUBLIC_URL": base_url,
        "PAIDAN_SECRET_KEY": secrets.token_urlsafe(48),
        "PAIDAN_SANDBOX_URL": sandbox_url,
        "PAIDAN_SANDBOX_SECRET": secret,
        "PAIDAN_WEBHOOK_LOOPBACK": "1",
        "PAIDAN_VAPID_PRIVATE_KEY": generate_private_key(),
        "PAIDAN_CLOCK_FILE": str(folder / "clock"),
        "PAIDAN_LOG_LEVEL": os.environ.get("PAIDAN_LOG_LEVEL", "WARNING"),
    }


def _describe(port: int, wish: Wish, env: dict[str, str], folder: Path) -> tuple[Child, ...]:
    serve = manage("serve", "--host", HOST, "--port", str(port), "--server", wish.server)
    commands = {"serve": serve}
    outer = environment()
    if wish.apart or not outer.embedded:
        commands["dispatcher"] = manage("dispatcher")
    if not outer.embedded:
        commands["sender"] = manage("sender")
    if outer.broker:
        celery = str(Path(manage()[0]).with_name("celery"))
        commands["celery"] = [celery, "--app", "celery_app", *CELERY]
    return tuple(
        Child(name, command, env=env, log=folder / f"{name}.log")
        for name, command in commands.items()
    )


def _seed(env: dict[str, str], wish: Wish) -> SeededCity:
    command = manage("seed_demo", "--matching", wish.matching, *(["--reset"] * wish.reset))
    done = subprocess.run(  # noqa: S603  our own command line
        tethered(command),
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=SEED_SECONDS,
        check=False,
    )
    if done.returncode:
        raise StartFailed(done.stderr.strip())
    return SeededCity.model_validate_json(done.stdout)
