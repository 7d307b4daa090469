"""A private MariaDB server with an empty `paidan` database and a root without password."""

import os
import pwd
import shutil
import socket
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

from tests.services.server import Server, ServerDidNotStartError


DATABASE = "paidan"

# Durability options stay as close to production as a fast suite allows: a commit survives
# a killed server process (though not a power cut), which is what the kill tests rely on.
_OPTIONS = (
    "--skip-name-resolve",
    "--innodb-buffer-pool-size=64M",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-doublewrite=0",
    "--character-set-server=utf8mb4",
    "--skip-log-bin",
    "--max-connections=300",
    "--table-open-cache=400",
    "--performance-schema=OFF",
)
_SMALL_LOG = "--innodb-log-file-size=16M"
_PROTOCOL_10 = b"\x0a"


class MariaDB(Server):
    """A private MariaDB server."""

    @property
    def url(self) -> str:
        """The `DATABASE_URL` of the empty database."""
        return f"mysql://root@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def _data_folder(self) -> Path:
        return self.folder / "data"

    @property
    def _own_tmpdir(self) -> str:
        # A starting mariadbd removes every `#sql` file of its tmpdir: others' too, were it shared.
        return f"--tmpdir={self.folder}"

    @property
    def _init_file(self) -> Path:
        return self.folder / "init.sql"

    def prepare(self) -> None:
        """Create the system tables, about a second."""
        self._init_file.write_text(f"CREATE DATABASE IF NOT EXISTS {DATABASE};\n")
        install = subprocess.run(
            [
                _program("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={self._data_folder}",
                self._own_tmpdir,
                f"--user={_user_name()}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                _SMALL_LOG,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if install.returncode:
            raise ServerDidNotStartError((install.stdout + install.stderr).decode())

    def command(self) -> list[str]:
        """Return the command line of mariadbd."""
        return [
            _program("mariadbd"),
            "--no-defaults",
            f"--user={_user_name()}",
            f"--datadir={self._data_folder}",
            self._own_tmpdir,
            f"--socket={self.folder / 'm.sock'}",
            f"--pid-file={self.folder / 'm.pid'}",
            f"--init-file={self._init_file}",
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            _SMALL_LOG,
            *_OPTIONS,
        ]

    def greeted(self, connection: socket.socket) -> bool:
        """Read the handshake, which follows the init file: the database exists."""
        greeting = connection.recv(5)
        return greeting[4:5] == _PROTOCOL_10


def mariadb() -> AbstractContextManager[MariaDB]:
    """Return a MariaDB server that runs while the context is open."""
    return MariaDB()


def _user_name() -> str:
    # mariadbd run by root wants to be told so.
    return pwd.getpwuid(os.getuid()).pw_name


def _program(name: str) -> str:
    # Debian keeps daemons out of a normal user's PATH.
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        message = f"{name} is not installed; `./paidan test` installs it"
        raise ServerDidNotStartError(message)
    return path
