"""Start Paidan's own processes on private services, as an operator would."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.measure.processes import (
    PYTHON,
    ROOT,
    Server,
    ServerFailed,
    dies_with_us,
    free_port,
    server,
)


SUBPROTOCOL = "paidan.v1"


@dataclass(frozen=True)
class Installation:
    """Where an installation keeps its truth and its bus, as environment variables."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str) -> str:
        """Run a Python command with this installation's environment and return what it says.

        :raises ServerFailed: when it fails.
        """
        done = subprocess.run(
            dies_with_us([PYTHON, *command]),
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerFailed(f"{' '.join(command)}: {done.stderr[-2000:]}")
        return done.stdout

    def seed(self, module: str, *arguments: object) -> Any:
        """Run a seeding module and return the JSON of its last line."""
        said = self.run("-m", module, *map(str, arguments))
        return json.loads(said.splitlines()[-1])


@dataclass(frozen=True)
class Web:
    """A web process that accepts connections."""

    server: Server
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/v1"


def install(folder: Path, *, database_url: str, redis_url: str) -> Installation:
    """Create the tables of an empty database.

    :raises ServerFailed: when the migrations fail.
    """
    made = Installation(
        folder=folder,
        environment={
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "PAIDAN_DATA_DIR": str(folder / "data"),
            "PAIDAN_SECRET_KEY": "loadtest",
            "PAIDAN_LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "core.settings",
        },
    )
    made.run("manage.py", "migrate", "--verbosity", "0", "--no-input")
    return made


@contextmanager
def web(installation: Installation, *, asgi_server: str, port: int | None = None) -> Iterator[Web]:
    port = port or free_port()
    command: Sequence[str] = [
        *(PYTHON, "manage.py", "serve", "--server", asgi_server),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]
    name = f"paidan-{asgi_server}-{port}"
    environment = installation.environment
    with server(name, command, folder=installation.folder, environment=environment) as process:
        process.wait_for_port(port)
        yield Web(server=process, port=port)


@contextmanager
def dispatcher(installation: Installation) -> Iterator[Server]:
    command = [PYTHON, "manage.py", "dispatcher"]
    environment = installation.environment
    with server(
        "dispatcher", command, folder=installation.folder, environment=environment
    ) as process:
        yield process
