"""A private RabbitMQ server: one node of its own, known to nobody else on the machine."""

import os
import socket
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

from tests.services.ports import release_port, reserve_port
from tests.services.server import Server, ServerDidNotStartError
from tests.services.tether import tethered


# Debian's `rabbitmq-server` in the PATH insists on another user; this is what it runs.
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_GREETING = b"AMQP\x00\x00\x09\x01"


class RabbitMQ(Server):
    """A private RabbitMQ server."""

    def __init__(self) -> None:
        super().__init__()
        self._node_port = reserve_port()
        self._mapper_port = reserve_port()
        self._mapper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The broker's URL."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def prepare(self) -> None:
        """Write what it reads, and start Erlang's mapper of ports, which would outlive it."""
        settings = (f"listeners.tcp.1 = 127.0.0.1:{self.port}", "log.file = false")
        (self.folder / "rabbitmq.conf").write_text("\n".join((*settings, "log.console = true\n")))
        (self.folder / "plugins").write_text("[].\n")
        (self.folder / "environment.conf").touch()
        self._mapper = subprocess.Popen(
            tethered(["epmd", "-address", "127.0.0.1", "-port", str(self._mapper_port)]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def command(self) -> list[str]:
        """Return the command line of Erlang's machine with RabbitMQ in it."""
        if not PROGRAM.exists():
            raise ServerDidNotStartError("rabbitmq-server is not installed")
        return ["env", "-i", *self._variables(), str(PROGRAM), "-noinput"]

    def _variables(self) -> list[str]:
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": self.folder,  # the cookie of the node lies there
            "ERL_EPMD_PORT": self._mapper_port,
            "RABBITMQ_NODENAME": f"paidan{self.port}@localhost",
            "RABBITMQ_DIST_PORT": self._node_port,
            "RABBITMQ_MNESIA_BASE": self.folder / "data",
            "RABBITMQ_LOG_BASE": self.folder / "log",
            "RABBITMQ_CONFIG_FILE": self.folder / "rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": self.folder / "environment.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": self.folder / "plugins",
            "RABBITMQ_PID_FILE": self.folder / "pid",
            # Its script then becomes the machine, so that signals reach that.
            "RABBITMQ_ALLOW_INPUT": "1",
        }
        return [f"{name}={value}" for name, value in variables.items()]

    def greeted(self, connection: socket.socket) -> bool:
        """Begin a connection: the broker answers once it has booted."""
        connection.sendall(_GREETING)
        return len(connection.recv(1)) == 1

    def close(self) -> None:
        """End the broker and the mapper."""
        super().close()
        if self._mapper is not None:
            self._mapper.kill()
            self._mapper.wait()
        release_port(self._node_port)
        release_port(self._mapper_port)


def rabbitmq() -> AbstractContextManager[RabbitMQ]:
    """Return a RabbitMQ server that runs while the context is open."""
    return RabbitMQ()
