"""A private Redis server that keeps nothing on disk."""

import socket
from contextlib import AbstractContextManager

from tests.services.server import Server


class Redis(Server):
    """A private Redis server."""

    @property
    def url(self) -> str:
        """The `REDIS_URL` of database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        """Need nothing: an empty folder is an empty Redis."""

    def command(self) -> list[str]:
        """Return the command line of redis-server."""
        return [
            "redis-server",
            *("--bind", "127.0.0.1"),
            *("--port", str(self.port)),
            *("--dir", str(self.folder)),
            *("--save", ""),
            *("--appendonly", "no"),
        ]

    def greeted(self, connection: socket.socket) -> bool:
        """Ping."""
        connection.sendall(b"PING\r\n")
        return connection.recv(7) == b"+PONG\r\n"

    def flush(self) -> None:
        """Forget everything, as a restarted Redis would."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            if not connection.recv(5).startswith(b"+OK"):
                message = "Redis refused FLUSHALL"
                raise RuntimeError(message)


def redis() -> AbstractContextManager[Redis]:
    """Return a Redis server that runs while the context is open."""
    return Redis()
